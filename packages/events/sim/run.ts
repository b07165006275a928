import { isWhispered, nextDigest } from "./services.ts";
import { type Flaw, listeners, type Name, World } from "./world.ts";

const SUBJECTS = ["a", "b", "c"];
const NAMES: readonly Name[] = ["author", ...listeners];
/** Steps in which faults happen. */
const STEPS = 14;
const MINUTE = 60_000;

/** One run from a seed; the promises that were broken, in words. */
export async function run(seed: number, flaw?: Flaw): Promise<string[]> {
  const world = await World.open(seed, flaw);
  const restore = rule(world);
  try {
    const heard = await suffer(world);
    await recover(world);
    return await broken(world, heard);
  } finally {
    restore();
  }
}

/** The world's clock and dice for everything that runs in it; short waits are over at once, long ones never. */
function rule(world: World): () => void {
  const real = { now: Date.now, random: Math.random, setTimeout: globalThis.setTimeout };
  Date.now = () => world.now;
  Math.random = () => world.random();
  globalThis.setTimeout = ((task: () => void, ms = 0) => {
    if (ms < 1_000) setImmediate(task);
    return 0;
  }) as never;
  return () => {
    Date.now = real.now;
    Math.random = real.random;
    globalThis.setTimeout = real.setTimeout;
  };
}

/** Words are said while everything breaks; the numbers of those that the client knows to be heard. */
async function suffer(world: World): Promise<number[]> {
  const heard: number[] = [];
  let said = 0;
  if (world.random() < 0.05) world.poison = 1 + world.below(8);
  for (let step = 0; step < STEPS; step++) {
    world.now += world.below(20_000);
    const dice = world.random();
    const life = world.life();
    if (dice < 0.35) {
      const n = ++said;
      const subject = SUBJECTS[world.below(SUBJECTS.length)] ?? "a";
      await world.say(subject, n, life).then(
        () => void heard.push(n),
        () => undefined,
      );
    } else if (dice < 0.85) {
      await world.deliver(listeners[world.below(listeners.length)] ?? "digest", 1 + world.below(4), life);
    } else await world.cron(NAMES[world.below(NAMES.length)] ?? "author", life);
  }
  return heard;
}

/** No more faults: time passes, crons run, queues deliver, operators replay. */
async function recover(world: World): Promise<void> {
  world.calm = true;
  // What is poison takes its time to be given up.
  const rounds = world.poison === undefined ? 2 : 10;
  for (let round = 0; round < rounds; round++) {
    world.now += 20 * MINUTE;
    for (const name of NAMES) await world.cron(name, world.life());
    for (const name of listeners) await world.deliver(name, 100, world.life());
    if (round >= 7) {
      await world.replay("reaction");
      await world.replay("sequence");
      await world.replay("clerk");
    }
  }
}

interface Logged {
  readonly subject: string;
  readonly n: number;
}

async function broken(world: World, heardByClient: readonly number[]): Promise<string[]> {
  const problems: string[] = [];
  const same = (promise: string, is: unknown, should: unknown) => {
    const [a, b] = [JSON.stringify(is), JSON.stringify(should)];
    if (a !== b) problems.push(`${promise}: ${a} instead of ${b}`);
  };
  const log = (await world.rows<{ data: string }>("author", "SELECT data FROM events ORDER BY seq")).map(
    ({ data }) => JSON.parse(data) as Logged,
  );
  const loud = log.filter(({ n }) => !isWhispered(n));
  const numbers = (facts: readonly Logged[]) => facts.map(({ n }) => n);

  const rows = await world.rows<{ n: number }>("author", "SELECT n FROM said ORDER BY rowid");
  same(
    "rows and events are one commit",
    rows.map(({ n }) => n),
    numbers(log),
  );
  same(
    "what a client was told is true is logged",
    heardByClient.filter((n) => !numbers(log).includes(n)),
    [],
  );

  const reacted = await world.rows<Logged>("reaction", "SELECT subject, n FROM heard");
  same(
    "each event has its effect once",
    numbers(reacted).toSorted(byNumber),
    numbers(loud).toSorted(byNumber),
  );
  const told = await world.rows<{ data: string }>("reaction", "SELECT data FROM events");
  const toldNumbers = told.map(({ data }) => (JSON.parse(data) as Logged).n);
  same("and its own event once", toldNumbers.toSorted(byNumber), numbers(loud).toSorted(byNumber));

  const kept = await world.rows<Logged>("clerk", "SELECT subject, n FROM heard");
  same("each command is carried out once", numbers(kept).toSorted(byNumber), numbers(log).toSorted(byNumber));
  const [waiting] = await world.rows<{ n: number }>("author", "SELECT count(*) AS n FROM command_outbox");
  const [undone] = await world.rows<{ n: number }>("clerk", "SELECT count(due_at) AS n FROM tasks");
  same("and no command waits any more", [waiting?.n, undone?.n], [0, 0]);

  const ordered = await world.rows<Logged>("sequence", "SELECT subject, n FROM heard ORDER BY rowid");
  for (const subject of SUBJECTS)
    same(`the events of ${subject} are in order`, of(ordered, subject), of(log, subject));

  const digests = await world.rows<{ subject: string; digest: number }>(
    "digest",
    "SELECT subject, digest FROM digests ORDER BY subject",
  );
  const fold = SUBJECTS.filter((subject) => of(log, subject).length > 0).map((subject) => {
    const [first = 0, ...rest] = of(log, subject);
    return { subject, digest: rest.reduce(nextDigest, first) };
  });
  same("a projection is the fold over the log", digests, fold);
  return problems;
}

const of = (facts: readonly Logged[], subject: string) =>
  facts.filter((fact) => fact.subject === subject).map(({ n }) => n);
const byNumber = (a: number, b: number) => a - b;
