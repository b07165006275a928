import { join } from "node:path";
import { createTestHarness } from "wrangler";
import type { Measured } from "../../bench.ts";
import { buildAll, builtWorker } from "../../lib/build.ts";
import { load, type LoadResult, median } from "../../lib/load.ts";
import { root, workers } from "../../lib/project.ts";
import { cpuOf, runtimes } from "../../lib/runtime-cpu.ts";

const ROUNDS = 5;
const CONNECTIONS = 16;
/** Calls that the measured Worker makes for one request: the way in and out is not what is measured. */
const AMOUNTS = [1, 20] as const;
const CALLS = 2_000;

type Result = LoadResult & { cpu: number };

const built = (name: string, services: object[] = [], more: object = {}) => ({
  config: {
    name,
    main: join(builtWorker(name), `${name}.js`),
    compatibility_date: "2026-10-01",
    services,
    ...more,
  },
  prebuiltWorkerDir: builtWorker(name),
});

/** One Worker calling another, over the whole path and with a bare `fetch`, in turns in one runtime. */
export async function inRuntime(): Promise<Measured[]> {
  await buildAll();
  const control = workers().find(({ name }) => name === "shop-control");
  if (!control) throw new Error("There is no control Worker.");
  const absent = ["ORDERS", "PAYMENTS", "INVENTORY", "CHECKOUT"];
  const server = createTestHarness({
    root,
    workers: [
      built("call-path-worker", [{ binding: "BACKEND", service: "thing-worker" }], {
        durable_objects: {
          bindings: [{ name: "CIRCUITS", class_name: "CircuitVerdict", script_name: "shop-control" }],
        },
      }),
      built("thing-worker"),
      {
        configPath: join(root, control.config),
        prebuiltWorkerDir: builtWorker("shop-control"),
        bindingOverrides: Object.fromEntries(absent.map((binding) => [binding, "thing-worker"])),
      },
    ],
  });
  const { url } = await server.listen();
  // The harness runs an entry process before the Workers': both belong to each side alike.
  const cpu = () => cpuOf(runtimes());
  const rows: Measured[] = [];
  for (const calls of AMOUNTS) {
    const results: Record<"full" | "bare", Result[]> = { full: [], bare: [] };
    const requests = CALLS / calls;
    for (let round = 0; round <= ROUNDS; round++)
      for (const side of ["full", "bare"] as const) {
        const before = cpu();
        const target = new URL(`/${side}?calls=${calls}`, url).href;
        const result = await load({ url: target, connections: CONNECTIONS, requests });
        if (result.failures > 0) throw new Error(`${result.failures} of ${requests} requests failed.`);
        // The first round warms both up.
        if (round > 0) results[side].push({ ...result, cpu: (cpu() - before) / requests });
      }
    const of = (side: "full" | "bare", value: (result: Result) => number) => median(results[side].map(value));
    const name = `${calls} call${calls > 1 ? "s" : ""} a request`;
    const [rate, bareRate] = [of("full", (result) => result.rate), of("bare", (result) => result.rate)];
    const [used, bareUsed] = [of("full", (result) => result.cpu), of("bare", (result) => result.cpu)];
    const goal = (ratio: number) => (calls === 1 ? { goal: ">= 0.85 of bare", met: ratio >= 0.85 } : {});
    const throughput = { value: rate, unit: "requests/s", baseline: bareRate, ratio: rate / bareRate };
    rows.push({ metric: `throughput, ${name}`, ...throughput, ...goal(rate / bareRate) });
    rows.push({
      metric: `CPU, ${name}`,
      value: used,
      unit: "ms",
      baseline: bareUsed,
      ratio: used / bareUsed,
    });
  }
  await server.close();
  return rows;
}
