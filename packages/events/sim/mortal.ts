import type { Transport } from "@weft/mesh";
import type { Served } from "@weft/testkit/serve";
import type { Life } from "./life.ts";

const inner = Symbol("inner");

/** A statement of a batch with its SQL, so that a flaw can tell which it is. */
export interface Written {
  readonly sql: string;
  readonly statement: D1PreparedStatement;
}
type Statement = D1PreparedStatement & { [inner]: Written };
export type Batch = (statements: readonly Written[]) => Promise<D1Result[]>;

/** A database as a mortal process sees it. `through` stands between it and each batch. */
export function mortalDatabase(db: D1Database, life: Life, through?: (batch: Batch) => Batch): D1Database {
  const wrap = (sql: string, statement: D1PreparedStatement): Statement =>
    ({
      [inner]: { sql, statement },
      bind: (...values: unknown[]) => wrap(sql, statement.bind(...values)),
      all: () => life.guard(() => statement.all()),
      run: () => life.guard(() => statement.run()),
      raw: (options: never) => life.guard(() => statement.raw(options)),
      first: (column: never) => life.guard(() => statement.first(column)),
    }) as unknown as Statement;
  const batch: Batch = (written) => db.batch(written.map(({ statement }) => statement));
  const run = through ? through(batch) : batch;
  const mortal = {
    prepare: (sql: string) => wrap(sql, db.prepare(sql)),
    batch: (statements: Statement[]) => life.guard(() => run(statements.map((each) => each[inner]))),
    withSession: () => ({ ...mortal, getBookmark: () => null }),
  };
  return mortal as unknown as D1Database;
}

export function mortalTransport(transport: Transport, life: Life): Transport {
  return { fetch: (request) => life.guard(() => Promise.resolve(transport.fetch(request))) };
}

/** Another process, as it is called: what it does after its answer is done, and an answer comes of the living alone. */
export function mortalCallee(served: Served, caller: string, life: Life): Transport {
  return {
    async fetch(request) {
      const answer = await served.binding(caller).fetch(request);
      await served.settled();
      if (life.over) throw new Error("The connection was lost.");
      return answer;
    },
  };
}

/** A queue's producer end. */
export function mortalQueue(send: (bodies: unknown[]) => void, life: Life) {
  const sendBatch = (messages: Iterable<{ body: unknown }>) =>
    life.guard(async () => send(structuredClone([...messages].map(({ body }) => body))));
  return { sendBatch, send: (body: unknown) => sendBatch([{ body }]) };
}
