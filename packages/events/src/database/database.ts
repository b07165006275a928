import {
  type Context,
  type EventTypes,
  type InboundLayer,
  meshError,
  type Plugin,
  type Scope,
} from "@weft/mesh";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { backlogOperation } from "../backlog/backlog.ts";
import type { CommandTarget } from "../commands/command.ts";
import { dispatch } from "../commands/dispatch.ts";
import { wakeAt } from "../commands/wake.ts";
import type { Publisher } from "../log/publisher.ts";
import { relay } from "../log/relay.ts";
import { cutLog } from "../retention/log.ts";
import { fireAndForget } from "./fire-and-forget.ts";
import { drizzleOver } from "./drizzle-over.ts";
import { Session, startOf } from "./session.ts";
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
  /** What `db` reads through. */
  session: Session;
}

/** Runs the work, then commits what it put into `tx` in one batch. */
export type Transact<E extends EventTypes = EventTypes> = <T>(work: (tx: Tx<E>) => Promise<T>) => Promise<T>;

interface Opened<S extends Record<string, unknown>> {
  readonly session: Session;
  readonly db: DrizzleD1Database<S>;
}

const MAX_RUNS = 3;

/**
 * A service's own D1 database (binding `DB`): `db` to read from, `tx` to collect writes and events, which are
 * committed in one batch when the handler has returned. A handler that throws writes nothing. What is read is as new
 * as the caller's consistency token asks, and the answer's token tells what was seen and written.
 */
export function database<S extends Record<string, unknown>, E extends EventTypes = Record<never, never>>(
  options: DatabaseOptions<S, E>,
): Plugin<DatabaseResources<S, E>> {
  const { publisher, schema, sendsTo = [] } = options;
  const over = drizzleOver(schema);
  const opened = new WeakMap<Context, Opened<S>>();
  /** Whoever works for the same call shares its session, and so sees what the others have written. */
  const open = ({ service, env, context, operation }: Scope): Opened<S> => {
    const known = opened.get(context);
    if (known) return known;
    const start = startOf(operation, context.consistency?.bookmarkOf(service));
    const session = new Session((env as { DB: D1Database }).DB, start);
    const made = { session, db: over(session) };
    opened.set(context, made);
    return made;
  };
  const layer: InboundLayer = (next) => async (call) => {
    const { context, service } = call.scope;
    try {
      return await (call.resources.transact as Transact)((tx) =>
        next({ ...call, resources: { ...call.resources, tx } }),
      );
    } finally {
      const { bookmark } = open(call.scope).session;
      if (bookmark !== undefined) context.consistency?.visited(service, bookmark);
    }
  };
  return {
    resources: (scope) => {
      const { db, session } = open(scope);
      const own: Transact<E> = (work) => transact(scope, db, options, work);
      // `tx` joins per piece of work: by the layer above for calls, by the subscription for events.
      return { db, session, transact: own } as unknown as DatabaseResources<S, E>;
    },
    layer,
    checks: ({ env }) => ({ database: () => (env as { DB: D1Database }).DB.prepare("SELECT 1").run() }),
    operations: (service) => [
      backlogOperation(service, Object.values(schema)),
      ...(publisher ? [publisher.log, publisher.event] : []),
    ],
    async scheduled({ scheduledTime }, work) {
      const { scope, resources } = work.open();
      if (publisher) await relay(scope, resources.db as AnyDatabase, publisher);
      // What is old and stays is read each time, so this is not for every minute.
      if (publisher && new Date(scheduledTime).getUTCMinutes() === 0)
        await cutLog(resources.db as AnyDatabase, publisher, Date.now());
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
      const newest = emitted.at(-1);
      if (newest) scope.context.consistency?.wrote(scope.service, newest.seq);
      if (publisher && newest) scope.waitUntil(relay(scope, db, publisher, emitted));
      if (tx.sends) scope.waitUntil(dispatch(scope, db));
      if (tx.wakes.length > 0) scope.waitUntil(wakeAt(scope, tx.wakes));
      if (tx.hints.length > 0) scope.waitUntil(fireAndForget(scope, tx.hints));
      return result;
    } catch (error) {
      if (!(error instanceof Raced)) throw error;
      if (run >= MAX_RUNS) throw meshError("UNAVAILABLE", undefined, { cause: error });
    }
  }
}
