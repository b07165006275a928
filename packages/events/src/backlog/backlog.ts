import type { MountedOperation } from "@weft/mesh";
import { inArray, isNull, lte, min, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { commandOutbox, tasks } from "../commands/schema.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { deadLetters } from "../dead-letters/schema.ts";
import { eventLog } from "../log/schema.ts";
import type { Projections } from "../projection/projections.ts";
import { type Backlog, backlogOf } from "./contract.ts";

type Waiting = Backlog["waiting"][number];

/** What the other plugins of a service tell of themselves. */
interface Reporters {
  readonly db: AnyDatabase;
  readonly subscriptionLags?: () => Promise<Backlog["subscriptions"]>;
  readonly projections?: Projections;
}

/** The operation of a service with these tables. */
export function backlogOperation(service: string, tables: readonly unknown[]): MountedOperation {
  return {
    operation: backlogOf(service).operations.backlog,
    handler: async ({ db, subscriptionLags, projections }: Reporters): Promise<Backlog> => {
      const now = Date.now();
      const [subscribed, projected, letters, waiting] = await Promise.all([
        subscriptionLags?.() ?? [],
        projections?.list() ?? { items: [] },
        tables.includes(deadLetters) ? openLetters(db) : [],
        Promise.all([
          tables.includes(eventLog) &&
            oldest(db, "events", eventLog, eventLog.time, now, isNull(eventLog.sentAt)),
          tables.includes(commandOutbox) &&
            oldest(db, "commands", commandOutbox, commandOutbox.createdAt, now),
          tables.includes(tasks) && oldest(db, "tasks", tasks, tasks.dueAt, now, lte(tasks.dueAt, now)),
        ]),
      ]);
      return {
        subscriptions: subscribed,
        projections: projected.items.flatMap(({ name, sources }) =>
          sources.map(({ source, lag }) => ({ name, source, lag })),
        ),
        letters,
        waiting: waiting.filter((each) => each !== false),
      };
    },
  };
}

async function oldest(
  db: AnyDatabase,
  what: Waiting["what"],
  table: SQLiteTable,
  since: SQLiteColumn,
  now: number,
  which?: SQL,
): Promise<Waiting> {
  const [row] = await db
    .select({ count: sql<number>`count(*)`, since: min(since) })
    .from(table)
    .where(which);
  return { what, count: row?.count ?? 0, age: ageOf(row?.since as number | null | undefined, now) };
}

/** s */
export function ageOf(since: number | null | undefined, now: number): number | null {
  return since === null || since === undefined ? null : Math.max(0, now - since) / 1_000;
}

async function openLetters(db: AnyDatabase): Promise<Backlog["letters"]> {
  const { source, status } = deadLetters;
  const rows = await db
    .select({ source, status, count: sql<number>`count(*)` })
    .from(deadLetters)
    .where(inArray(status, ["failing", "dead"]))
    .groupBy(source, status);
  return rows as Backlog["letters"];
}
