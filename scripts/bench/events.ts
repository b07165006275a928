import type { Measured } from "../bench.ts";
import { fillLogs, growth } from "./events/growth.ts";
import { rebuild } from "./events/rebuild.ts";
import { startRuntime } from "./events/runtime.ts";
import { throughput } from "./events/throughput.ts";

/** What events cost, that they cost the same in a long log, and that a rebuild is not seen: in workerd, with its D1. */
export default async function events(): Promise<Measured[]> {
  const runtime = await startRuntime();
  try {
    const costs = await throughput(runtime);
    await fillLogs(runtime);
    // Before the growth, which adds to the log.
    const rebuilt = await rebuild(runtime);
    return [...costs, ...(await growth(runtime)), ...rebuilt];
  } finally {
    await runtime.close();
  }
}
