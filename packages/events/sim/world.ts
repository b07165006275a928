import { client, newTrace, outbound, rootContext, type Transport } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { serve, type Served } from "@weft/testkit/serve";
import { seeded } from "@weft/testkit/random";
import { toEnvelope } from "../src/index.ts";
import { deadLettersOf } from "../src/dead-letters/contract.ts";
import { EVENTS } from "../src/fixture/queue-settings.ts";
import type { EventRow } from "../src/log/log-row.ts";
import { Died, Life } from "./life.ts";
import { type Batch, mortalCallee, mortalDatabase, mortalQueue, mortalTransport } from "./mortal.ts";
import {
  author,
  authorWorker,
  clerkWorker,
  digestWorker,
  reactionWorker,
  sequenceWorker,
} from "./services.ts";

/** What a simulation breaks on purpose, to see that its checks notice. */
export type Flaw = "no inbox" | "no inbox for tasks" | "send before commit" | "no gap pull";

export type Subscriber = "reaction" | "sequence" | "digest";
export const subscribers: readonly Subscriber[] = ["reaction", "sequence", "digest"];
/** Those that have a queue. */
export type Listener = Subscriber | "clerk";
export const listeners: readonly Listener[] = [...subscribers, "clerk"];
export type Name = "author" | Listener;
const workers = {
  author: authorWorker,
  reaction: reactionWorker,
  sequence: sequenceWorker,
  digest: digestWorker,
  clerk: clerkWorker,
};

interface Waiting {
  readonly body: unknown;
  attempts: number;
}

const TABLES = ["events", "inbox", "cursors", "subjects", "dead_letters", "said", "heard"];
const COMMANDS = ["command_outbox", "tasks"];
const PROJECTION = ["projection_cursors", "projection_rebuilds", "digests", "digests_shadow"];

/** Clients are not of the mesh: what fails between services is not held against the author. */
const direct = outbound({ policies: { retry: false, hedge: false, circuit: false, throttle: false } });

/** The databases outlive a run, emptied: making their tables would take longer than the run. */
const databases = Object.fromEntries(
  Object.keys(workers).map((name) => [name, d1("packages/events/sim")]),
) as Record<Name, D1Database>;

/** How often a worker still has a task when its lease has ended. */
const SLOW = 0.4;
const LEASE = 60_000;

/** Five services whose processes die, and queues that lose, repeat and reorder. All chance comes from the seed. */
export class World {
  readonly random: () => number;
  readonly #flaw: Flaw | undefined;
  readonly #queues: Record<Listener, Waiting[]> = { reaction: [], sequence: [], digest: [], clerk: [] };
  readonly #dead: Record<Listener, unknown[]> = { reaction: [], sequence: [], digest: [], clerk: [] };
  #toiling = false;
  /** ms since the epoch */
  now: number;
  /** Its handlers fail. */
  poison: number | undefined;
  /** Nobody dies or is late any more. */
  calm = false;

  private constructor(seed: number, flaw: Flaw | undefined) {
    this.random = seeded(seed);
    // A day for each seed: what the call path remembers of another run's failures is over.
    this.now = Date.UTC(2026, 10, 21) + seed * 24 * 60 * 60_000;
    this.#flaw = flaw;
  }

  static async open(seed: number, flaw?: Flaw): Promise<World> {
    for (const db of Object.values(databases))
      await db.batch(
        [...TABLES, ...COMMANDS, ...PROJECTION, "sqlite_sequence"].map((table) =>
          db.prepare(`DELETE FROM ${table}`),
        ),
      );
    return new World(seed, flaw);
  }

  rows<T>(name: Name, query: string): Promise<T[]> {
    return databases[name]
      .prepare(query)
      .all<T>()
      .then(({ results }) => results);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** One that dies after some steps, or one that does not. */
  life(): Life {
    return new Life(!this.calm && this.random() < 0.3 ? this.below(16) : Number.POSITIVE_INFINITY);
  }

  /** A client says something; whether it was heard is only sure if this resolves. */
  async say(subject: string, n: number, life: Life): Promise<void> {
    const served = this.#serve("author", life);
    try {
      await client(author, served.binding("client"), rootContext(newTrace()), direct).say({ subject, n });
    } finally {
      await served.settled();
    }
  }

  async cron(name: Name, life: Life): Promise<void> {
    const served = this.#serve(name, life);
    try {
      await served.cron(new Date(this.now));
    } catch (error) {
      if (!life.over) throw error;
    }
    await served.settled();
  }

  /** Takes up to `most` messages out of a queue, in any order; some get lost and some stay for a second delivery. */
  async deliver(name: Listener, most: number, life: Life): Promise<void> {
    const queue = this.#queues[name];
    const taken: Waiting[] = [];
    while (taken.length < most && queue.length > 0) {
      const [message] = queue.splice(this.calm ? 0 : this.below(queue.length), 1);
      const chance = this.calm ? 1 : this.random();
      if (!message || chance < 0.15) continue;
      taken.push(message);
      if (chance < 0.3) queue.push(structuredClone(message));
    }
    if (taken.length > 0) await this.#hand(name, taken, life);
    const dead = this.#dead[name].splice(0);
    if (dead.length > 0) await this.#bury(name, dead, life);
  }

  /** Operators have mended what was poison, and replay what it had killed. */
  async replay(name: "reaction" | "sequence" | "clerk"): Promise<void> {
    this.poison = undefined;
    const desk = this.#serve(name, this.life()).client(deadLettersOf(name), { caller: "control" });
    const { items } = await desk.deadLetters({ status: "dead", limit: 100 });
    for (const { id } of items) await desk.replayDeadLetter({ id });
  }

  async #hand(name: Listener, taken: readonly Waiting[], life: Life): Promise<void> {
    const served = this.#serve(name, life);
    const bodies = taken.map(({ body }) => body);
    const settled = await served.queue(queueOf(name), bodies).catch((error: unknown) => {
      if (!life.over) throw error;
      return [];
    });
    await served.settled();
    for (const [index, message] of taken.entries()) {
      // What a process has settled counts when it lives to the end of the batch.
      if (settled[index] === "acked" && !life.over) continue;
      if (message.attempts++ < EVENTS.max_retries) this.#queues[name].push(message);
      else this.#dead[name].push(message.body);
    }
  }

  async #bury(name: Listener, bodies: readonly unknown[], life: Life): Promise<void> {
    const served = this.#serve(name, life);
    const settled = await served.queue(`${queueOf(name)}-dlq`, bodies).catch((error: unknown) => {
      if (!life.over) throw error;
      return [];
    });
    await served.settled();
    this.#dead[name].push(...bodies.filter((_, index) => settled[index] !== "acked" || life.over));
  }

  #serve(name: Name, life: Life): Served {
    const flawed = name === "author" ? this.#sendFirst(life) : this.#forgetful(name);
    const env = {
      DB: mortalDatabase(databases[name], life, flawed),
      ...Object.fromEntries(
        subscribers.map((each) => [`${each.toUpperCase()}_EVENTS`, this.#queue(each, life)]),
      ),
      CLERK_TASKS: this.#queue("clerk", life),
      ...(name === "author"
        ? { CLERK: mortalTransport(this.#callee("clerk", name), life) }
        : { AUTHOR: mortalTransport(this.#author(name), life) }),
      TOIL: () => this.#toil(),
      TASTE: (n: number) => {
        if (n === this.poison) throw new Error("poison");
      },
    };
    return serve(workers[name], env);
  }

  #queue(name: Listener, life: Life) {
    return mortalQueue((bodies) => {
      this.#queues[name].push(...bodies.map((body) => ({ body, attempts: 0 })));
    }, life);
  }

  #author(caller: Name): Transport {
    if (this.#flaw === "no gap pull") return { fetch: () => Promise.reject(new Error("no pull")) };
    return this.#callee("author", caller);
  }

  /** A service as another one calls it, in a process of its own for each call, which may die meanwhile. */
  #callee(name: Name, caller: Name): Transport {
    return {
      fetch: (request) => {
        const life = this.life();
        return mortalCallee(this.#serve(name, life), caller, life).fetch(request);
      },
    };
  }

  /** A worker may be so slow that another one gets its task meanwhile. */
  async #toil(): Promise<void> {
    if (this.calm || this.#toiling || this.random() > SLOW) return;
    this.#toiling = true;
    this.now += 2 * LEASE;
    await this.cron("clerk", this.life()).finally(() => (this.#toiling = false));
  }

  #forgetful(name: Name): ((batch: Batch) => Batch) | undefined {
    if (this.#flaw !== (name === "clerk" ? "no inbox for tasks" : "no inbox")) return undefined;
    return (batch) => (written) =>
      batch(
        written.map((each) =>
          each.sql.startsWith('insert into "inbox"')
            ? { ...each, statement: databases[name].prepare("SELECT 1") }
            : each,
        ),
      );
  }

  /** The order of things that the log was made to rule out: a crash between the two leaves an event that never was. */
  #sendFirst(life: Life): ((batch: Batch) => Batch) | undefined {
    if (this.#flaw !== "send before commit") return undefined;
    return (batch) => async (written) => {
      const results = await batch(written);
      const emits = written.some(({ sql }) => sql.startsWith('insert into "events"'));
      if (!emits || this.random() > 0.2) return results;
      const [row] = await this.rows<Row>("author", "SELECT * FROM events ORDER BY seq DESC LIMIT 1");
      this.#queues.reaction.push({ body: envelopeOf(row as Row), attempts: 0 });
      await databases.author.batch(
        [
          "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)",
          "DELETE FROM said WHERE rowid = (SELECT max(rowid) FROM said)",
          "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'events'",
        ].map((sql) => databases.author.prepare(sql)),
      );
      life.end();
      throw new Died();
    };
  }
}

const queueOf = (name: Listener) => (name === "clerk" ? "clerk-tasks" : `${name}-events`);

/** An event as it is in the database. */
type Row = Omit<EventRow, "subjectSeq" | "data"> & { readonly subject_seq: number; readonly data: string };

function envelopeOf({ subject_seq: subjectSeq, data, ...row }: Row): unknown {
  return toEnvelope("author", { ...row, subjectSeq, data: JSON.parse(data) as unknown });
}
