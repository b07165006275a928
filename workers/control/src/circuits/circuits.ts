import { callObject, LOCAL, verdictName, type Verdict, writeVerdict } from "@weft/mesh/regional";
import { MeshError, type OutputOf } from "@weft/mesh";
import type * as z from "zod";
import { circuits } from "../callees.ts";
import type { control } from "../contract.ts";
import { outsideServices, type RegistryEnv } from "../registry/handlers.ts";
import { DIRECTORY } from "./directory-name.ts";
import type { CircuitReport, Override } from "./circuit-verdict.ts";

export interface CircuitsEnv extends RegistryEnv {
  CIRCUITS: DurableObjectNamespace;
  DIRECTORY: DurableObjectNamespace;
}

type Operations = (typeof control)["operations"];
type Circuit = OutputOf<Operations["circuits"]>["items"][number];

const iso = (time: number) => new Date(time).toISOString();

/** Every circuit that some isolate has reported on, or an operator has given an order for. */
export async function listCircuits(env: CircuitsEnv): Promise<InputlessList> {
  const { names } = await callObject<{ names: string[] }>(env.DIRECTORY as never, "list", DIRECTORY);
  const reports = await Promise.all(
    names.map((name) => callObject<CircuitReport>(env.CIRCUITS as never, "status", name)),
  );
  return { items: reports.map(describe) };
}

type InputlessList = { items: Circuit[] };

function describe({ name, verdict, override, transitions, isolates }: CircuitReport): Circuit {
  const separator = name.indexOf(":");
  return {
    region: name.slice(0, separator),
    callee: name.slice(separator + 1),
    state: verdict.state,
    reason: verdict.reason,
    retries: verdict.retries,
    since: verdict.since > 0 ? iso(verdict.since) : null,
    ...(override && { override: { ...override, until: iso(override.until) } }),
    transitions: transitions.map((transition) => ({ ...transition, at: iso(transition.at) })),
    isolates: isolates.map((isolate) => ({ ...isolate, at: iso(isolate.at) })),
  };
}

/**
 * Forces a callee's circuits open or closed until a given time, in one region or in all that are known. Throws
 * CALLEE_NOT_FOUND for a name that nobody can mean: an order for it would hold nothing back.
 */
export async function overrideCircuit(
  env: CircuitsEnv,
  { callee, region, state, until, reason }: z.output<Operations["overrideCircuit"]["input"]>,
  here: string | undefined,
): Promise<InputlessList> {
  const order: Override | null = state === "clear" ? null : { state, until: Date.parse(until ?? ""), reason };
  const { items: listed } = await listCircuits(env);
  const known = listed.filter((circuit) => circuit.callee === callee);
  if (known.length === 0) await expectCallee(env, callee);
  const regions = new Set(
    region === undefined ? [LOCAL, here ?? LOCAL, ...known.map((circuit) => circuit.region)] : [region],
  );
  const names = [...regions].map((each) => verdictName(each, callee));
  await Promise.all(
    names.map(async (name) => {
      const verdict = await callObject<Verdict>(env.CIRCUITS as never, "override", name, order);
      // Isolates in this data centre obey at their next look into the cache; others when they report.
      await writeVerdict(name, verdict);
    }),
  );
  const { items } = await listCircuits(env);
  return { items: items.filter((circuit) => circuit.callee === callee && regions.has(circuit.region)) };
}

async function expectCallee(env: CircuitsEnv, callee: string): Promise<void> {
  const known = [...circuits, ...(await outsideServices(env))];
  if (known.includes(callee)) return;
  const message = `There is no ${callee}. There are: ${known.join(", ")}.`;
  throw new MeshError("CALLEE_NOT_FOUND", {
    status: 404,
    title: "Nobody is called so",
    // The gateway keeps details to itself that name operations.
    errors: [{ pointer: "/callee", message }],
  });
}
