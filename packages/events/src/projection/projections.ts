import { describe, type Inbound, log, MeshError, type Plugin, type Scope } from "@weft/mesh";
import { eq } from "drizzle-orm";
import * as z from "zod";
import type { Session } from "../database/session.ts";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { type Appliance, EVENT } from "../dead-letters/desk.ts";
import { deadLetterOperations } from "../dead-letters/operations.ts";
import { purge } from "../dead-letters/record.ts";
import { deadLetters } from "../dead-letters/schema.ts";
import { isDeadLetterQueue, queueBehind } from "../subscription/bury.ts";
import { bury } from "./bury.ts";
import { consume } from "./consume.ts";
import type { Projection } from "./definition.ts";
import { follow } from "./follow.ts";
import type { ProjectionReport } from "./operations.ts";
import { positionOf } from "./position.ts";
import { liveReader } from "./reader.ts";
import { cancelRebuild, rebuildOf, startRebuild, stepRebuild } from "./rebuild.ts";
import { replay } from "./replay.ts";
import { report } from "./report.ts";

export interface ProjectionsOptions {
  /** The service's name. */
  name: string;
  all: readonly Projection[];
  /**
   * Producer binding of this service's own queue, by which a rebuild goes from one step to the next. Without it each
   * step follows in the same invocation, and the cron takes over when that ends.
   */
  queue?: string;
}

export interface FreshnessOptions {
  /** Publishers whose whole log must be applied if the caller's token says nothing about them. */
  newestOf?: readonly string[];
  /** Longest time to spend, ms, default 5000. */
  timeout?: number;
}

/** For handlers, as `projections`. */
export interface Projections {
  /**
   * Applies what the caller has seen or written elsewhere, as its consistency token tells. False if that was not
   * possible in time: the answer may be behind.
   */
  freshen(name: string, options?: FreshnessOptions): Promise<boolean>;
  list(): Promise<{ items: ProjectionReport[] }>;
  rebuild(name: string): Promise<ProjectionReport>;
  cancelRebuild(name: string): Promise<ProjectionReport>;
}

/** Message by which a rebuild goes on. */
const REBUILD = "weft.projection.rebuild";
const NextStep = z.object({ type: z.literal(REBUILD), projection: z.string() });
/** A rebuild that has not moved for so long has lost its next step, ms. */
const STALLED = 30_000;
const IN_BACKGROUND = { limit: 10_000, timeout: 20_000 };

/**
 * Read models: folds over other services' logs, in the logs' order. The queue brings news, the logs (by service
 * binding) are what is applied. Tables: `projectionCursors`, `projectionRebuilds`, `deadLetters` with `inbox`, and each
 * projection's own, twice. Needs `database()` before it.
 */
export function projections({
  name: service,
  all,
  queue,
}: ProjectionsOptions): Plugin<{ projections: Projections; deadLetters: Appliance }> {
  const find = (name: string): Projection => {
    const projection = all.find((one) => one.name === name);
    if (projection) return projection;
    throw new MeshError("PROJECTION_NOT_FOUND", {
      status: 404,
      title: "There is no such projection",
      detail: `"${name}" is none of ${service}'s: ${all.map((one) => one.name).join(", ")}.`,
    });
  };

  /** Never throws: what is lost here the cron finds. */
  async function step(scope: Scope, db: AnyDatabase, projection: Projection): Promise<void> {
    try {
      if ((await stepRebuild(scope, db, projection)) === "more") await goOn(scope, db, projection);
    } catch (error) {
      log("error", "rebuild", {
        service: scope.service,
        projection: projection.name,
        cause: describe(error),
      });
    }
  }

  async function goOn(scope: Scope, db: AnyDatabase, projection: Projection): Promise<void> {
    const producer =
      queue === undefined ? undefined : (scope.env as Record<string, Queue | undefined>)[queue];
    if (producer) await producer.send({ type: REBUILD, projection: projection.name });
    else scope.waitUntil(step(scope, db, projection));
  }

  return {
    resources: (scope, work) => {
      const db = () => work.open(scope.context).resources.db as AnyDatabase;
      const reported = (projection: Projection) => report(scope, db(), projection);
      return {
        deadLetters: {
          kind: EVENT,
          fixed: "A projection is made of what the log says: mend its handler instead.",
          apply: (_, settled, letter) => replay(scope, db(), all, letter, settled),
          async pass(_, settled) {
            await db().batch([settled]);
          },
        },
        projections: {
          freshen: (name, options) => freshen(scope, work.open(scope.context), find(name), options),
          list: async () => ({ items: await Promise.all(all.map(reported)) }),
          rebuild: async (name) => {
            const projection = find(name);
            if (await startRebuild(db(), projection, Date.now())) await goOn(scope, db(), projection);
            return reported(projection);
          },
          cancelRebuild: async (name) => {
            await cancelRebuild(db(), find(name), Date.now());
            return reported(find(name));
          },
        },
      };
    },
    operations: deadLetterOperations(service),
    async queue(batch, work) {
      if (isDeadLetterQueue(batch.queue)) return bury(batch, queueBehind(batch.queue), work);
      const steps = new Set<string>();
      const events = batch.messages.filter((message) => {
        const { success, data } = NextStep.safeParse(message.body);
        if (success) steps.add(data.projection);
        if (success) message.ack();
        return !success;
      });
      await consume(events, batch.queue, work, all);
      for (const projection of all) {
        const { scope, resources } = work.open();
        if (steps.has(projection.name)) await step(scope, resources.db as AnyDatabase, projection);
      }
    },
    async scheduled(_, work) {
      const { scope, resources } = work.open();
      const db = resources.db as AnyDatabase;
      for (const projection of all) {
        for (const source of projection.from) {
          const reader = liveReader(scope, db, projection, source);
          await follow(scope, reader, IN_BACKGROUND);
        }
        const rebuild = await rebuildOf(db, projection.name);
        const stalled = rebuild?.state === "running" && rebuild.updatedAt < Date.now() - STALLED;
        if (stalled) await step(scope, db, projection);
      }
      // What was discarded has to be known whenever the log is read from its beginning.
      await purge(db, eq(deadLetters.status, "replayed"), Date.now());
    },
  };
}

async function freshen(
  scope: Scope,
  { resources }: Inbound,
  projection: Projection,
  { newestOf = [], timeout = 5_000 }: FreshnessOptions = {},
): Promise<boolean> {
  const db = resources.db as AnyDatabase;
  const wanted = projection.from.flatMap((source) => {
    const { name } = source.contract;
    const until = scope.context.consistency?.positionIn(name);
    const reader = liveReader(scope, db, projection, source);
    return until !== undefined || newestOf.includes(name) ? [{ reader, until }] : [];
  });
  const missing = [];
  for (const each of wanted) {
    const there = each.until !== undefined && (await positionOf(db, each.reader.place)) >= each.until;
    if (!there) missing.push(each);
  }
  if (missing.length === 0) return true;
  // A replica would go on showing the position from before.
  (resources.session as Session).toPrimary();
  const ends = await Promise.all(
    missing.map(({ reader, until }) => follow(scope, reader, { until, timeout })),
  );
  return ends.every(({ ended }) => ended === "reached");
}
