import { type FaultRule, MeshError } from "@weft/mesh";
import type { FaultSwitch } from "@weft/mesh/fault-switch";
import type * as z from "zod";
import type { FaultOrder, Faults } from "./contract.ts";

export interface FaultEnv {
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

/** Throws FAULTS_OFF where the mesh was deployed without the means to fail on purpose. */
export async function setFaults(env: FaultEnv, orders: readonly z.output<typeof FaultOrder>[], now: number) {
  if (env.WEFT_FAULTS !== "on") {
    throw new MeshError("FAULTS_OFF", {
      status: 409,
      title: "Faults cannot be set here",
      detail: 'Deploy the Workers with the var WEFT_FAULTS = "on" first.',
    });
  }
  const rules = orders.map(({ seconds, ...order }) => ({ ...order, until: now + seconds * 1_000 }));
  return shown(await switchOf(env).replace(rules));
}

/** Works wherever it is asked for: what is set must always be possible to end. */
export async function clearFaults(env: FaultEnv) {
  return shown(await switchOf(env).replace([]));
}
