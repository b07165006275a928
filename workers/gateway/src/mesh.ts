import { catalog } from "@shop/catalog/contract";
import { checkout } from "@shop/checkout/contract";
import { control } from "@shop/control/contract";
import { inventory } from "@shop/inventory/contract";
import { notifications } from "@shop/notifications/contract";
import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { shipping } from "@shop/shipping/contract";
import { users } from "@shop/users/contract";
import { views } from "@shop/views/contract";
import { boundary, contextOf, hostOf } from "@weft/gateway";
import { type Context, connect, outbound, stack } from "@weft/mesh";
import type { ShopContext } from "./env.ts";

/** Every service behind the gateway. */
export const services = {
  users,
  catalog,
  inventory,
  orders,
  payments,
  shipping,
  notifications,
  views,
  checkout,
  control,
};

/** The path of the gateway's calls: the mesh's own, and around it what keeps the mesh's affairs inside. */
export const toMesh = stack([boundary(Object.keys(services))], outbound());

/** The services, on behalf of a request. */
export function meshOf(c: ShopContext, context: Context = contextOf(c)) {
  return connect(services, hostOf(c), context, toMesh);
}
