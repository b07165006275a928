import { catalog } from "@shop/catalog/contract";
import { checkout } from "@shop/checkout/contract";
import { inventory } from "@shop/inventory/contract";
import { notifications } from "@shop/notifications/contract";
import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { shipping } from "@shop/shipping/contract";
import { users } from "@shop/users/contract";
import { views } from "@shop/views/contract";
import type { Contract, Operation } from "@weft/mesh";
import { deadLettersOf } from "@weft/events/dead-letters";
import { control } from "./contract.ts";

const contracts: readonly Contract[] = [
  catalog,
  checkout,
  control,
  inventory,
  notifications,
  orders,
  payments,
  shipping,
  users,
  views,
];

/** What the mesh's packages add to a service beside its contract. */
const ADDED = ["health", "events", "event", "commands", ...Object.keys(deadLettersOf("").operations)];

const operations: readonly Operation[] = contracts.flatMap((each) => Object.values(each.operations));

/** Those who may call: the gateway is called by nobody. */
export const callers: readonly string[] = ["gateway", ...contracts.map(({ name }) => name)];

/** The services that run as Workers. */
export const services: readonly string[] = contracts.map(({ name }) => name);

/** Everything that has a circuit, but for services outside Workers: services, and operations with one of their own. */
export const circuits: readonly string[] = [
  ...services,
  ...operations.filter(({ circuit }) => circuit === "operation").map(({ id }) => id),
];

/** The ids of a service's operations; undefined for one outside Workers, whose contract only its callers have. */
export function operationsOf(service: string): readonly string[] | undefined {
  if (!services.includes(service)) return undefined;
  const own = operations.filter((operation) => operation.service === service).map(({ id }) => id);
  return [...own, ...ADDED.map((name) => `${service}.${name}`)];
}
