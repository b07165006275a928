import { type FaultRule, type FieldError, MeshError } from "@weft/mesh";
import type { FaultSwitch } from "@weft/mesh/fault-switch";
import type * as z from "zod";
import { callers, operationsOf, services } from "../callees.ts";
import { outsideServices, type RegistryEnv } from "../registry/handlers.ts";
import type { FaultOrder, Faults } from "./contract.ts";

export interface FaultEnv extends RegistryEnv {
  FAULTS: DurableObjectNamespace<FaultSwitch>;
  /** "on" lets operators set faults. */
  WEFT_FAULTS?: string;
}

/** One object for all of the mesh. */
const switchOf = ({ FAULTS }: FaultEnv) => FAULTS.getByName("faults");

const shown = (rules: readonly FaultRule[]): z.input<typeof Faults> => ({
  items: rules.map(({ until, ...rule }) => ({ ...rule, until: new Date(until).toISOString() })),
});

export async function listFaults(env: FaultEnv) {
  return shown(await switchOf(env).rules());
}

/**
 * Throws FAULTS_OFF where the mesh was deployed without the means to fail on purpose, and UNKNOWN_EDGE for names that
 * nobody has: such a fault would never be felt.
 */
export async function setFaults(env: FaultEnv, orders: readonly z.output<typeof FaultOrder>[], now: number) {
  if (env.WEFT_FAULTS !== "on") {
    throw new MeshError("FAULTS_OFF", {
      status: 409,
      title: "Faults cannot be set here",
      detail: 'Deploy the Workers with the var WEFT_FAULTS = "on" first.',
    });
  }
  const unknown = await unknownNames(env, orders);
  if (unknown.length > 0)
    throw new MeshError("UNKNOWN_EDGE", {
      status: 422,
      title: "Nobody calls or is called so",
      errors: unknown,
    });
  const rules = orders.map(({ seconds, ...order }) => ({ ...order, until: now + seconds * 1_000 }));
  return shown(await switchOf(env).replace(rules));
}

/** Works wherever it is asked for: what is set must always be possible to end. */
export async function clearFaults(env: FaultEnv) {
  return shown(await switchOf(env).replace([]));
}

async function unknownNames(
  env: FaultEnv,
  orders: readonly z.output<typeof FaultOrder>[],
): Promise<FieldError[]> {
  const callees = [...services, ...(await outsideServices(env))];
  return orders.flatMap(({ edge }, index) => {
    const check = (field: "from" | "to" | "operation", known: readonly string[] | undefined) => {
      const name = edge[field];
      if (name === undefined || known === undefined || known.includes(name)) return [];
      const message = `There is no ${name}. There are: ${known.join(", ")}.`;
      return [{ pointer: `/items/${index}/edge/${field}`, message }];
    };
    const wrong = [...check("from", callers), ...check("to", callees)];
    return wrong.length > 0 ? wrong : check("operation", operationsOf(edge.to));
  });
}
