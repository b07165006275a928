import { type EventTypes, type InboundLayer, meshError, type Plugin, type Scope } from "@weft/mesh";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import type { CommandTarget } from "../commands/command.ts";
import { dispatch } from "../commands/dispatch.ts";
import { wakeAt } from "../commands/wake.ts";
import type { Publisher } from "../log/publisher.ts";
import { relay } from "../log/relay.ts";
import { type AnyDatabase, Raced, type Tx, UnitOfWork } from "./unit-of-work.ts";

export interface DatabaseOptions<S extends Record<string, unknown>, E extends EventTypes> {
  /** The service's drizzle schema. */
  schema: S;
  /** The events that the service publishes, and to whom. */
  publisher?: Publisher<E>;
  /** The services that this one sends commands to; its schema then has the `commandOutbox`. */
  sendsTo?: readonly CommandTarget[];
}

export interface DatabaseResources<S extends Record<string, unknown>, E extends EventTypes> {
  /** For reads. */
  db: DrizzleD1Database<S>;
  /** For writes and events. */
  tx: Tx<E>;
  /** A unit of work of its own, for cron runs and for what must be kept even if the handler fails. */
  transact: Transact<E>;
}

/** Runs the work, then commits what it put into `tx` in one batch. */
export type Transact<E extends EventTypes = EventTypes> = <T>(work: (tx: Tx<E>) => Promise<T>) => Promise<T>;

const MAX_RUNS = 3;

/**
 * A service's own D1 database (binding `DB`): `db` to read from, `tx` to collect writes and events, which are
 * committed in one batch when the handler has returned. A handler that throws writes nothing.
 */
export function database<S extends Record<string, unknown>, E extends EventTypes = Record<never, never>>(
  options: DatabaseOptions<S, E>,
): Plugin<DatabaseResources<S, E>> {
  const { publisher, schema, sendsTo = [] } = options;
  const databases = new WeakMap<D1Database, DrizzleD1Database<S>>();
  /** Reading a schema's relations is work for once, not for each call. */
  const open = ({ DB }: { DB: D1Database }): DrizzleD1Database<S> => {
    const db = databases.get(DB) ?? drizzle(DB, { schema });
    databases.set(DB, db);
    return db;
  };
  const layer: InboundLayer = (next) => (call) =>
    (call.resources.transact as Transact)((tx) => next({ ...call, resources: { ...call.resources, tx } }));
  return {
    resources: (scope) => {
      const db = open(scope.env as { DB: D1Database });
      const own: Transact<E> = (work) => transact(scope, db, options, work);
      // `tx` joins per piece of work: by the layer above for calls, by the subscription for events.
      return { db, transact: own } as unknown as DatabaseResources<S, E>;
    },
    layer,
    checks: ({ env }) => ({ database: () => (env as { DB: D1Database }).DB.prepare("SELECT 1").run() }),
    operations: publisher ? [publisher.log, publisher.event] : [],
    async scheduled(_, work) {
      const { scope, resources } = work.open();
      if (publisher) await relay(scope, resources.db as AnyDatabase, publisher);
      if (sendsTo.length > 0) await dispatch(scope, resources.db as AnyDatabase);
    },
  };
}

/**
 * Runs `work` with a fresh unit of work and commits it; events go out after the commit, off the request path. Throws
 * UNAVAILABLE if others are faster again and again.
 */
export async function transact<T, E extends EventTypes>(
  scope: Scope,
  db: AnyDatabase,
  {
    publisher,
    sendsTo: recipients = [],
  }: Pick<DatabaseOptions<Record<string, unknown>, E>, "publisher" | "sendsTo">,
  work: (tx: Tx<E>) => Promise<T>,
): Promise<T> {
  for (let run = 1; ; run++) {
    const types = publisher?.contract.events ?? ({} as E);
    const tx = new UnitOfWork<E>({ db, types, recipients, scope }, Date.now());
    const result = await work(tx);
    try {
      const emitted = await tx.commit();
      if (publisher && emitted.length > 0) scope.waitUntil(relay(scope, db, publisher, emitted));
      if (tx.sends) scope.waitUntil(dispatch(scope, db));
      if (tx.wakes.length > 0) scope.waitUntil(wakeAt(scope, tx.wakes));
      return result;
    } catch (error) {
      if (!(error instanceof Raced)) throw error;
      if (run >= MAX_RUNS) throw meshError("UNAVAILABLE", undefined, { cause: error });
    }
  }
}
