import { type EventTypes, meshError } from "@weft/mesh";
import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import { eventLog } from "../log/schema.ts";
import { dataOf } from "../log/open-event.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { type Aggregate, applyEvent, type SourcedEvent } from "./aggregate.ts";
import { snapshots } from "./schema.ts";

/** A thing as its events say it is. */
export interface Loaded<S> {
  readonly subject: string;
  readonly state: S;
  /** Subject sequence of its last event, 0 before the first. What is appended builds on it. */
  readonly version: number;
}

/** Reads what a subject's events have made of it: its snapshot and the events after that, of one moment. */
export async function load<S, E extends EventTypes>(
  db: AnyDatabase,
  aggregate: Aggregate<S, E>,
  subject: string,
): Promise<Loaded<S>> {
  const usable = and(
    eq(snapshots.aggregate, aggregate.name),
    eq(snapshots.subject, subject),
    eq(snapshots.stateVersion, aggregate.snapshots?.version ?? 0),
  );
  const laterThan = (version: SQL) =>
    db
      .select()
      .from(eventLog)
      .where(and(eq(eventLog.subject, subject), gt(eventLog.subjectSeq, version)))
      .orderBy(asc(eventLog.subjectSeq));
  if (!aggregate.snapshots)
    return replay(aggregate, { subject, state: aggregate.initial, version: 0 }, await laterThan(sql`0`));
  const [[snapshot], rows] = await db.batch([
    db.select().from(snapshots).where(usable),
    laterThan(sql`COALESCE((SELECT ${snapshots.version} FROM ${snapshots} WHERE ${usable}), 0)`),
  ]);
  const start = snapshot
    ? { subject, state: snapshot.state as S, version: snapshot.version }
    : { subject, state: aggregate.initial, version: 0 };
  return replay(aggregate, start, rows);
}

type LogRow = typeof eventLog.$inferSelect;

function replay<S, E extends EventTypes>(
  aggregate: Aggregate<S, E>,
  start: Loaded<S>,
  rows: readonly LogRow[],
): Loaded<S> {
  if (rows.length < (rows.at(-1)?.subjectSeq ?? start.version) - start.version)
    throw meshError(
      "EVENTS_GONE",
      `Events of ${start.subject} after ${start.version} are missing in the log: name the aggregate in publisher({ sourced }) before a log is cut.`,
    );
  return rows.reduce<Loaded<S>>(
    ({ state }, row) => ({
      subject: start.subject,
      state: Object.hasOwn(aggregate.apply, row.type)
        ? applyEvent(aggregate, state, sourcedEvent(aggregate, row))
        : state,
      version: row.subjectSeq,
    }),
    start,
  );
}

/** A row of the log as aggregates see it. */
export function sourcedEvent<S, E extends EventTypes>(
  { contract }: Pick<Aggregate<S, E>, "contract">,
  { type, subject, subjectSeq, version, time, data }: LogRow,
): SourcedEvent {
  return { type, subject, version: subjectSeq, time, data: dataOf(contract, type, version, data) };
}
