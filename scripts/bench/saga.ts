import type { Measured } from "../bench.ts";
import { load, type LoadResult, median } from "../lib/load.ts";
import { cpuOf, runtimes } from "../lib/runtime-cpu.ts";
import { scaled } from "../lib/scaled.ts";
import { type Usage, usdPerMillion } from "./saga/cost.ts";
import { startRestate } from "./saga/restate.ts";
import { startRuntime } from "./saga/runtime.ts";

const CONNECTIONS = 16;
const ROUNDS = 3;
/** Most sagas of one round. */
const SAGAS = 2_000;
/** Length of a round, ms, and of the first one, which warms up. */
const ROUND = scaled(8_000);
const WARM_UP = scaled(3_000);
/** Starts, and the time from one to the next, ms: a saga runs on after its start, and light load is less than all. */
const STARTS = scaled(200);
const START_INTERVAL = 50;
const STEPS = 4;

type Name = "shard" | "object" | "plain" | "workflow" | "restate";
type Rows = Record<"object" | "alarms" | "database", number>;
type Side = { url: string; body?: string; results: LoadResult[]; cpu: number[] };

/**
 * The same four-step saga, each step a call to another Worker: on our engine, on Workflows written by hand, on Workflows
 * with our interpreter, and on the Restate server, in turns on one machine.
 */
export default async function saga(): Promise<Measured[]> {
  const runtime = await startRuntime();
  const restate = await startRestate(runtime.url).catch((error: unknown) => error as Error);
  try {
    const at = (path: string) => new URL(path, runtime.url).href;
    const side = (url: string, body?: string): Side => ({
      url,
      results: [],
      cpu: [],
      ...(body !== undefined && { body }),
    });
    const sides = new Map<Name, Side>([
      ["shard", side(at("/shard"))],
      ["object", side(at("/object"))],
      ["plain", side(at("/plain"))],
      ["workflow", side(at("/workflow"))],
    ]);
    if (!(restate instanceof Error)) sides.set("restate", side(restate.url, '"saga"'));
    else console.error(restate);

    const written = async (): Promise<Rows> => (await fetch(at("/written"))).json() as Promise<Rows>;
    const perSaga = await rowsPerSaga(at("/shard"), written);
    const alone = await rowsPerSaga(at("/object"), written);
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, one] of sides) await run(name, one, round > 0);
    const start = await load({ url: at("/start"), connections: 1, requests: STARTS, every: START_INTERVAL });
    return [
      ...compare(sides),
      ...costs(sides, perSaga),
      { metric: "an object for each: rows written in all", value: sum(alone), unit: "rows/saga" },
      startRow(start),
    ];
  } finally {
    if (!(restate instanceof Error)) await restate.stop();
    await runtime.stop();
  }
}

async function run(name: Name, side: Side, counts: boolean): Promise<void> {
  const { url, body } = side;
  const before = cpuOf(runtimes());
  const post = body === undefined ? {} : { body };
  const limit = counts ? ROUND : WARM_UP;
  const result = await load({ url, connections: CONNECTIONS, requests: SAGAS, limit, ...post });
  if (result.failures > 0)
    throw new Error(`${result.failures} of ${result.requests} sagas failed on ${name}.`);
  // The first round warms up.
  if (!counts) return;
  side.results.push(result);
  side.cpu.push((cpuOf(runtimes()) - before) / result.requests);
}

/**
 * Rows that one saga writes: of some, one after the other, so that nothing else is counted; after others, so that tables
 * are there where they stay.
 */
async function rowsPerSaga(url: string, written: () => Promise<Rows>): Promise<Rows> {
  const sagas = 40;
  await load({ url, connections: 1, requests: sagas });
  const before = await written();
  await load({ url, connections: 1, requests: sagas });
  const after = await written();
  const each = (kind: keyof Rows) => (after[kind] - before[kind]) / sagas;
  return { object: each("object"), alarms: each("alarms"), database: each("database") };
}

const of = (side: Side | undefined, what: (result: LoadResult) => number) =>
  side ? median(side.results.map(what)) : Number.NaN;

function compare(sides: Map<Name, Side>): Measured[] {
  const titles: Record<Name, string> = {
    shard: "ours",
    object: "ours, an object for each saga",
    plain: "Workflows, written by hand",
    workflow: "ours, on Workflows",
    restate: "Restate server, one node",
  };
  const rate = of(sides.get("shard"), (result) => result.rate);
  const goals: Partial<Record<Name, number>> = { restate: 1.5, plain: 10 };
  const rows: Measured[] = [];
  for (const [name, title] of Object.entries(titles) as [Name, string][]) {
    const side = sides.get(name);
    if (!side) {
      rows.push({ metric: `${title}: does not run here`, value: Number.NaN, unit: "sagas/s" });
      continue;
    }
    const value = of(side, (result) => result.rate);
    const least = goals[name];
    const ratio = rate / value;
    const goal = least === undefined ? {} : { ratio, goal: `ours >= ${least} x`, met: ratio >= least };
    rows.push({ metric: `${title}: rate`, value, unit: "sagas/s", ...goal });
    for (const quantile of ["p50", "p99"] as const)
      rows.push({
        metric: `${title}: ${quantile}`,
        value: of(side, (result) => result[quantile]),
        unit: "ms",
      });
  }
  return rows;
}

const none: Usage = { cpu: 0, objectCalls: 0, objectSeconds: 0, rowsWritten: 0, workflowSteps: 0 };

const sum = ({ object, alarms, database }: Rows): number => object + alarms + database;

function costs(sides: Map<Name, Side>, rows: Rows): Measured[] {
  const ours = sides.get("shard");
  const theirs = sides.get("plain");
  const usd = usdPerMillion({
    ...none,
    cpu: median(ours?.cpu ?? []),
    // It is started and waited for.
    objectCalls: 2,
    // As if it had its object to itself.
    objectSeconds: of(ours, (result) => result.p50) / 1_000,
    rowsWritten: sum(rows),
  });
  const baseline = usdPerMillion({ ...none, cpu: median(theirs?.cpu ?? []), workflowSteps: STEPS });
  return [
    { metric: "ours: rows written in the object", value: rows.object, unit: "rows/saga" },
    { metric: "ours: alarms set", value: rows.alarms, unit: "rows/saga" },
    { metric: "ours: rows written in the index (D1)", value: rows.database, unit: "rows/saga" },
    {
      metric: "ours / Workflows: orchestration",
      value: usd,
      unit: "USD/million",
      baseline,
      ratio: usd / baseline,
      goal: "<= 20",
      met: usd <= 20,
    },
  ];
}

function startRow({ p99 }: LoadResult): Measured {
  return {
    metric: "ours: start durable, light load, p99",
    value: p99,
    unit: "ms",
    goal: "<= 20",
    met: p99 <= 20,
  };
}
