import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { createTestHarness } from "wrangler";
import type { Measured } from "../../bench.ts";
import { buildAll, builtWorker } from "../../lib/build.ts";
import { load, type LoadResult, median } from "../../lib/load.ts";
import { root, workers } from "../../lib/project.ts";
import { scaled } from "../../lib/scaled.ts";
import { cpuOf, runtimes } from "../../lib/runtime-cpu.ts";

const ROUNDS = 5;
const CONNECTIONS = 16;
/** Calls that the measured Worker makes for one request: the way in and out is not what is measured. */
const AMOUNTS = [1, 20] as const;
const CALLS = scaled(2_000);

/** Everything: the way out with its fault switch, and the way in. The way out alone. Neither. */
const SIDES = ["full", "out", "bare"] as const;
type Side = (typeof SIDES)[number];
const NAMES = { full: "all layers on, both ways", out: "way out alone" } as const;

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

/**
 * One Worker calling another in one runtime, in turns: over the way out into a service with its way in, over the way out
 * alone, and with a bare `fetch`. The goal is for all layers, a line in the log for each call included.
 */
export async function inRuntime(): Promise<Measured[]> {
  await buildAll();
  const control = workers().find(({ name }) => name === "shop-control");
  if (!control) throw new Error("There is no control Worker.");
  const { services } = parse(readFileSync(join(root, control.config), "utf8")) as unknown as {
    services: { binding: string }[];
  };
  const server = createTestHarness({
    root,
    workers: [
      built(
        "call-path-worker",
        [
          { binding: "BACKEND", service: "thing-worker" },
          { binding: "SERVICE", service: "thing-service", props: { caller: "bench" } },
        ],
        {
          vars: { WEFT_FAULTS: "on" },
          durable_objects: {
            bindings: [
              { name: "CIRCUITS", class_name: "CircuitVerdict", script_name: "shop-control" },
              { name: "FAULTS", class_name: "FaultSwitch", script_name: "shop-control" },
            ],
          },
        },
      ),
      built("thing-worker"),
      built("thing-service"),
      {
        configPath: join(root, control.config),
        prebuiltWorkerDir: builtWorker("shop-control"),
        bindingOverrides: Object.fromEntries(services.map(({ binding }) => [binding, "thing-worker"])),
      },
    ],
  });
  const { url } = await server.listen();
  // The harness runs an entry process before the Workers': both belong to each side alike.
  const cpu = () => cpuOf(runtimes());
  const rows: Measured[] = [];
  for (const calls of AMOUNTS) {
    const results: Record<Side, Result[]> = { full: [], out: [], bare: [] };
    const requests = Math.max(CONNECTIONS, CALLS / calls);
    for (let round = 0; round <= ROUNDS; round++)
      for (const side of SIDES) {
        const before = cpu();
        const target = new URL(`/${side}?calls=${calls}`, url).href;
        const result = await load({ url: target, connections: CONNECTIONS, requests });
        if (result.failures > 0) throw new Error(`${result.failures} of ${requests} requests failed.`);
        // The first round warms all of them up.
        if (round > 0) results[side].push({ ...result, cpu: (cpu() - before) / requests });
      }
    for (const side of ["full", "out"] as const) rows.push(...compared(side, calls, results));
  }
  await server.close();
  return rows;
}

function compared(side: keyof typeof NAMES, calls: number, results: Record<Side, Result[]>): Measured[] {
  const of = (each: Side, value: (result: Result) => number) => median(results[each].map(value));
  const row = (value: (result: Result) => number) => ({
    value: of(side, value),
    baseline: of("bare", value),
    ratio: of(side, value) / of("bare", value),
  });
  const name = `${NAMES[side]}, ${calls} call${calls > 1 ? "s" : ""} a request`;
  const rate = row((result) => result.rate);
  const goal = side === "full" && calls === 1 ? { goal: ">= 0.85 of bare", met: rate.ratio >= 0.85 } : {};
  return [
    { metric: `throughput, ${name}`, unit: "requests/s", ...rate, ...goal },
    { metric: `CPU, ${name}`, unit: "ms", ...row((result) => result.cpu) },
  ];
}
