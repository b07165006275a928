import type { Measured } from "../../bench.ts";
import { median } from "../../lib/load.ts";
import { OPERATIONS_PER_MESSAGE, usdPerMillion } from "./cost.ts";
import { ACCOUNTS } from "./fold.ts";
import type { Run, Runtime } from "./runtime.ts";

const ROUNDS = 5;
const EVENTS = 100;
/** Numbers of events that belong to one scenario, so that none meets another's rows. */
const RANGE = 1_000_000;

interface Subject {
  readonly scenario: string;
  readonly name: string;
  /** Events that share one invocation; 0 if they happen within a request that is paid for anyway. */
  readonly batch: number;
  readonly plain: { readonly scenario: string; readonly name: string };
  readonly rival: { readonly scenario: string; readonly name: string; readonly goal: number };
}

const effect = { scenario: "plainEffect", name: "the effect alone" };
const upsert = { scenario: "plainUpsert", name: "the upsert alone" };
const loose = { scenario: "looseInbox", name: "an inbox without batch" };
const SUBJECTS: readonly Subject[] = [
  {
    scenario: "publish",
    name: "publish (row, event, relay)",
    batch: 0,
    plain: { scenario: "plainInsert", name: "the row alone" },
    rival: { scenario: "looseOutbox", name: "an outbox without batch", goal: 1 },
  },
  { scenario: "reaction", name: "reaction", batch: 10, plain: effect, rival: { ...loose, goal: 1 } },
  {
    scenario: "orderedReaction",
    name: "ordered reaction",
    batch: 10,
    plain: effect,
    rival: { scenario: "reaction", name: "an unordered one", goal: 0.5 },
  },
  {
    scenario: "projection",
    name: "projection, 100 a batch",
    batch: 100,
    plain: upsert,
    rival: { scenario: "projectionOneByOne", name: "one event a batch", goal: 5 },
  },
];
const SCENARIOS = [
  ...new Set(SUBJECTS.flatMap((each) => [each.plain.scenario, each.rival.scenario, each.scenario])),
];

/** What it costs to publish, to react and to project, beside the bare writes and the same without our batches. */
export async function throughput(runtime: Runtime): Promise<Measured[]> {
  // From here on the projection changes rows and adds none.
  await runtime.run("projection", { count: ACCOUNTS });
  let projected = ACCOUNTS;
  const runs = new Map<string, Run[]>(SCENARIOS.map((scenario) => [scenario, []]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [index, scenario] of SCENARIOS.entries()) {
      const start = scenario.startsWith("projection") ? projected : (index + 1) * RANGE + round * EVENTS;
      // Queues bring most events in the log's order.
      const cursor = "INSERT OR REPLACE INTO cursors (source, seq) VALUES ('/services/orders', ?)";
      await runtime.env.DB.prepare(cursor).bind(start).run();
      const run = await runtime.run(scenario, { count: EVENTS, start });
      if (scenario.startsWith("projection")) projected += EVENTS;
      // The first round warms all of them up.
      if (round > 0) runs.get(scenario)?.push(run);
    }
  return SUBJECTS.flatMap((subject) => rowsOf(subject, runs));
}

function rowsOf(subject: Subject, runs: ReadonlyMap<string, readonly Run[]>): Measured[] {
  const { name, batch, plain, rival } = subject;
  const of = (scenario: string, value: (run: Run) => number) => median((runs.get(scenario) ?? []).map(value));
  const beside = (what: string, unit: string, value: (run: Run) => number): Measured => ({
    metric: `${name}: ${what} / ${plain.name}`,
    value: round(of(subject.scenario, value)),
    unit,
    baseline: round(of(plain.scenario, value)),
    ratio: round(of(subject.scenario, value) / of(plain.scenario, value)),
  });
  const rate = (run: Run) => 1_000 / run.ms;
  const faster = of(subject.scenario, rate) / of(rival.scenario, rate);
  const price = (run: Run) => usdPerMillion({ ...run, requests: batch === 0 ? 0 : 1 / batch });
  return [
    beside("throughput", "events/s", rate),
    {
      metric: `${name}: throughput / ${rival.name}`,
      value: round(of(subject.scenario, rate)),
      unit: "events/s",
      baseline: round(of(rival.scenario, rate)),
      ratio: round(faster),
      goal: `>= ${rival.goal}`,
      met: faster >= rival.goal,
    },
    beside("rows written", "per event", ({ rowsWritten }) => rowsWritten),
    beside("rows read", "per event", ({ rowsRead }) => rowsRead),
    beside("queue operations", "per event", ({ messages }) => OPERATIONS_PER_MESSAGE * messages),
    beside("CPU of workerd and D1", "ms per event", ({ cpu }) => cpu),
    beside("cost", "USD per million", price),
  ].map(withoutEmptyRatio);
}

/** Nothing can be compared with nothing. */
function withoutEmptyRatio(row: Measured): Measured {
  if (Number.isFinite(row.ratio)) return row;
  const { ratio: _, ...rest } = row;
  return rest;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
