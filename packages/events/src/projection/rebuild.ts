import type { Scope } from "@weft/mesh";
import { and, eq, sum } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import type { Projection } from "./definition.ts";
import { dropShadowLetters } from "./failures.ts";
import { follow } from "./follow.ts";
import { shadowReader } from "./reader.ts";
import { projectionCursors, projectionRebuilds } from "./schema.ts";
import { swap } from "./swap.ts";

export type Rebuild = typeof projectionRebuilds.$inferSelect;

/** Events of one source in one step: four statements each stay below D1's 1,000 queries per invocation. */
const STEP_EVENTS = 200;
/** ms; what began the step may have 30 s. */
const STEP_TIME = 10_000;

export async function rebuildOf(db: AnyDatabase, projection: string): Promise<Rebuild | undefined> {
  const [row] = await db
    .select()
    .from(projectionRebuilds)
    .where(eq(projectionRebuilds.projection, projection));
  return row;
}

/** Begins with an empty shadow. False if one is running: it goes on. */
export async function startRebuild(db: AnyDatabase, projection: Projection, now: number): Promise<boolean> {
  if ((await rebuildOf(db, projection.name))?.state === "running") return false;
  const fresh = {
    state: "running",
    applied: 0,
    total: 0,
    startedAt: now,
    updatedAt: now,
    error: null,
  } as const;
  const [first, ...rest] = clearShadow(db, projection);
  await db.batch([
    first,
    ...rest,
    db
      .insert(projectionRebuilds)
      .values({ projection: projection.name, ...fresh })
      .onConflictDoUpdate({ target: projectionRebuilds.projection, set: fresh }),
  ]);
  return true;
}

/** One that is not running stays as it is. Steps that are under way can write nothing after this. */
export async function cancelRebuild(db: AnyDatabase, projection: Projection, now: number): Promise<void> {
  if ((await rebuildOf(db, projection.name))?.state !== "running") return;
  await db.batch([
    db
      .update(projectionRebuilds)
      .set({ state: "cancelled", updatedAt: now })
      .where(
        and(eq(projectionRebuilds.projection, projection.name), eq(projectionRebuilds.state, "running")),
      ),
    ...clearShadow(db, projection),
  ]);
}

function clearShadow(db: AnyDatabase, { name, tables }: Projection) {
  return [
    db
      .delete(projectionCursors)
      .where(and(eq(projectionCursors.projection, name), eq(projectionCursors.copy, "shadow"))),
    dropShadowLetters(db, name),
    ...Object.values(tables.shadow).map((table) => db.delete(table)),
  ] as const;
}

/**
 * A bounded piece of a running rebuild: applies events to the shadow, and swaps it with what is read when it is at the
 * logs' ends. `waiting`: something stands in the way, so there is no use in another step at once. Any number of steps
 * may run at a time, here or elsewhere, before or after the process died: each event moves the shadow's cursor once.
 */
export async function stepRebuild(
  scope: Scope,
  db: AnyDatabase,
  projection: Projection,
): Promise<"more" | "waiting" | "over"> {
  const rebuild = await rebuildOf(db, projection.name);
  if (rebuild?.state !== "running") return "over";
  const { startedAt } = rebuild;
  let total = 0;
  let ended: "more" | "waiting" | "reached" = "reached";
  for (const source of projection.from) {
    const reader = shadowReader(scope, db, projection, source, startedAt);
    const followed = await follow(scope, reader, { limit: STEP_EVENTS, timeout: STEP_TIME });
    total += followed.head ?? followed.at;
    if (followed.ended === "more" && ended === "reached") ended = "more";
    else if (followed.ended !== "reached" && followed.ended !== "more") ended = "waiting";
  }
  const error =
    ended === "waiting" ? "An event or a publisher's log is in the way; see the log lines." : null;
  await noteProgress(db, rebuild, total, error);
  if (ended !== "reached") return ended;
  // What is read may have moved on meanwhile: then the shadow has to catch up first.
  return (await swap(db, projection, startedAt, Date.now())) ? "over" : "more";
}

async function noteProgress(
  db: AnyDatabase,
  { projection, startedAt }: Rebuild,
  total: number,
  error: string | null,
): Promise<void> {
  await db
    .update(projectionRebuilds)
    .set({ applied: await appliedTo(db, projection), total, error, updatedAt: Date.now() })
    .where(
      and(
        eq(projectionRebuilds.projection, projection),
        eq(projectionRebuilds.startedAt, startedAt),
        eq(projectionRebuilds.state, "running"),
      ),
    );
}

async function appliedTo(db: AnyDatabase, projection: string): Promise<number> {
  const [row] = await db
    .select({ applied: sum(projectionCursors.seq) })
    .from(projectionCursors)
    .where(and(eq(projectionCursors.projection, projection), eq(projectionCursors.copy, "shadow")));
  return Number(row?.applied ?? 0);
}
