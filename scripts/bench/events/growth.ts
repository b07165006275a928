import type { Measured } from "../../bench.ts";
import { median } from "../../lib/load.ts";
import { fill, PER_SUBJECT } from "./fill.ts";
import type { Run, RunOptions, Runtime } from "./runtime.ts";

const ROUNDS = 5;
const TIMES = 100;
const SIZES = [10_000, 100_000, 1_000_000] as const;
type Size = (typeof SIZES)[number];
const FLAT = 1.2;
const GOAL = `<= ${FLAT}`;

interface Growing {
  readonly scenario: string;
  readonly name: string;
  /** Where in a log of this size the `round`th run happens. */
  readonly where: (size: Size, round: number) => Omit<RunOptions, "count" | "db">;
}

/** All over the log, so that no page of it is asked for twice in a row. */
const scattered = (things: number) => ({ start: 0, stride: Math.floor(things / TIMES) });
const GROWING: readonly Growing[] = [
  {
    scenario: "append",
    name: "append and relay",
    where: (size, round) => ({ start: 2 * size + round * TIMES }),
  },
  {
    scenario: "page",
    name: "page of 100 after a cursor",
    where: (size) => scattered(size - TIMES),
  },
  {
    scenario: "subject",
    name: "events of a subject",
    where: (size) => scattered(size / PER_SUBJECT),
  },
  { scenario: "inbox", name: "inbox insert", where: () => ({}) },
  { scenario: "sweep", name: "sweep of 100 unsent", where: () => ({}) },
  { scenario: "idleSweep", name: "sweep of nothing", where: () => ({}) },
];

export async function fillLogs({ env }: Runtime): Promise<void> {
  for (const size of SIZES) await fill(env[`DB_${size}`], size);
}

/** What each thing that touches a log costs while the log grows. */
export async function growth(runtime: Runtime): Promise<Measured[]> {
  const runs = new Map<string, Run[]>();
  for (let round = 0; round <= ROUNDS; round++)
    for (const { scenario, where } of GROWING)
      // In turns, so that whatever else the machine does slows all sizes alike.
      for (const size of SIZES) {
        if (scenario === "sweep") await unsend(runtime.env[`DB_${size}`], size);
        const run = await runtime.run(scenario, { count: TIMES, db: `DB_${size}`, ...where(size, round) });
        const key = `${scenario} ${size}`;
        if (round > 0) runs.set(key, [...(runs.get(key) ?? []), run]);
      }
  return GROWING.flatMap((growing) => rowsOf(growing, runs));
}

/** Lets events all over the log wait for another try. */
async function unsend(db: D1Database, size: Size): Promise<void> {
  const seqs = Array.from({ length: TIMES }, (_, n) => (n * size) / TIMES + 1);
  await db
    .prepare(
      "UPDATE events SET sent_at = NULL, unsent_to = NULL WHERE seq IN (SELECT value FROM json_each(?))",
    )
    .bind(JSON.stringify(seqs))
    .run();
}

function rowsOf({ scenario, name }: Growing, runs: ReadonlyMap<string, readonly Run[]>): Measured[] {
  const [smallest, ...larger] = SIZES;
  const of = (size: Size, value: (run: Run) => number) =>
    median((runs.get(`${scenario} ${size}`) ?? []).map(value));
  return larger.flatMap((size) => {
    const row = (what: string, unit: string, value: (run: Run) => number): Measured => {
      const [now, then] = [of(size, value), of(smallest, value)];
      const ratio = now === then ? 1 : now / then;
      return {
        metric: `${name}: ${what} at ${size.toLocaleString("en")} / ${smallest.toLocaleString("en")} events`,
        value: Number(now.toPrecision(3)),
        unit,
        baseline: Number(then.toPrecision(3)),
        ratio: Number(ratio.toPrecision(3)),
        goal: GOAL,
        met: ratio <= FLAT,
      };
    };
    return [
      row("time", "ms", ({ ms }) => ms),
      row("rows read and written", "rows", ({ rowsRead, rowsWritten }) => rowsRead + rowsWritten),
    ];
  });
}
