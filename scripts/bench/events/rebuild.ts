import type { Measured } from "../../bench.ts";
import { FACTORS, fold, written } from "./fold.ts";
import { type Reads, startReaders } from "./readers.ts";
import type { Runtime } from "./runtime.ts";

const EVENTS = 100_000;
/** Enough of them to catch what a rebuild without a shadow looks like. */
const IN_PLACE = 10_000;
const PAGE = 100;
/** ms */
const LONGEST_READ = 250;
/** Reads beside nothing else, and after the swap, ms. */
const QUIET = 3_000;
const AFTERWARDS = 500;
const GIVE_UP = 600_000;

interface Report {
  items: { rebuild: { state: string; applied: number } | null }[];
}

/**
 * Makes a projection anew whose code has changed, with and without readers, who may only ever see what the old code
 * made of the whole log or what the new one makes of it.
 */
export async function rebuild(runtime: Runtime): Promise<Measured[]> {
  const before = fold(EVENTS, FACTORS.before);
  const states = { before: written(before), after: written(fold(EVENTS, FACTORS.now)) };

  await setUp(runtime, before);
  const quiet = startReaders(runtime, states);
  await wait(QUIET);
  const idle = await quiet.stop();

  // What the readers are there to find: the same code, the same events, without a shadow.
  await setUp(runtime, new Map());
  const watching = startReaders(runtime, states);
  for (let start = 0; start < IN_PLACE; start += PAGE)
    await runtime.run("projection", { count: PAGE, start });
  const inPlace = await watching.stop();

  await setUp(runtime, before);
  const alone = await timeOfRebuild(runtime);
  await setUp(runtime, before);
  const reading = startReaders(runtime, states);
  const busy = await timeOfRebuild(runtime);
  await wait(AFTERWARDS);
  return rowsOf({ alone, busy }, { idle, inPlace, during: await reading.stop() });
}

/** The projection as if it had applied the whole log with these results, or nothing of it. */
async function setUp({ env: { DB: db } }: Runtime, digests: ReadonlyMap<string, number>): Promise<void> {
  const rows = JSON.stringify([...digests]);
  await db.batch([
    db.prepare("DELETE FROM accounts"),
    db.prepare("INSERT INTO accounts SELECT value ->> 0, value ->> 1 FROM json_each(?)").bind(rows),
    db.prepare("DELETE FROM projection_cursors"),
    db
      .prepare("INSERT INTO projection_cursors VALUES ('accounts', 'live', '/services/orders', ?)")
      .bind(digests.size > 0 ? EVENTS : 0),
  ]);
}

async function timeOfRebuild(runtime: Runtime): Promise<number> {
  const began = performance.now();
  await runtime.json("/rebuild");
  for (;;) {
    const passed = performance.now() - began;
    const [report] = (await runtime.json<Report>("/report")).items;
    if (report?.rebuild?.state === "done" && report.rebuild.applied === EVENTS) return passed;
    if (passed > GIVE_UP) throw new Error(`The rebuild has not ended: ${JSON.stringify(report)}`);
    await wait(100);
  }
}

function rowsOf(
  { alone, busy }: Record<"alone" | "busy", number>,
  { idle, inPlace, during }: Record<"idle" | "inPlace" | "during", Reads>,
): Measured[] {
  const name = `rebuild of ${EVENTS.toLocaleString("en")} events`;
  const { before = 0, after = 0 } = during.seen;
  const rate = (ms: number) => Math.round((EVENTS / ms) * 1_000);
  const whole = before > 0 && after > 0;
  return [
    {
      metric: `${name}: rate while 4 read all of it / while nobody reads`,
      value: rate(busy),
      unit: "events/s",
      baseline: rate(alone),
      ratio: round(alone / busy),
    },
    {
      metric: `${name}: longest read / in quiet times`,
      value: round(during.longest),
      unit: "ms",
      baseline: round(idle.longest),
      ratio: round(during.longest / idle.longest),
      goal: `<= ${LONGEST_READ}`,
      met: during.longest <= LONGEST_READ,
    },
    {
      metric: `${name}: median read / in quiet times`,
      value: round(during.median),
      unit: "ms",
      baseline: round(idle.median),
      ratio: round(during.median / idle.median),
    },
    {
      metric: `${name}: reads of the whole old state`,
      value: before,
      unit: "reads",
      goal: "> 0",
      met: before > 0,
    },
    {
      metric: `${name}: reads of the whole new state`,
      value: after,
      unit: "reads",
      goal: "> 0",
      met: after > 0,
    },
    {
      metric: `${name}: reads of anything else / of the same in place, ${IN_PLACE.toLocaleString("en")} events`,
      value: during.broken,
      unit: "reads",
      baseline: inPlace.broken,
      goal: "0, and > 0 in place",
      met: whole && during.broken === 0 && inPlace.broken > 0,
    },
  ];
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
