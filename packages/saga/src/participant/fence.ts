import type { AnyDatabase, Tx } from "@weft/events";
import { type InboundLayer, meshError, type Plugin, type Reply, type SagaStep } from "@weft/mesh";
import { and, eq } from "drizzle-orm";
import { sagaFence } from "./schema.ts";

type FenceRow = typeof sagaFence.$inferSelect;

export interface FenceResources {
  /** In an `undo` handler: the step's saga and what its `do` had answered. */
  fence: { sagaId: string; step: string; done: unknown };
}

const NO_CONTENT: Reply = { status: 200, headers: {}, body: {} };

/**
 * The participant's side of a saga: a step takes effect once and its undo takes it back once, in whatever order and
 * however often they arrive. The fence row is committed in the same batch as the effect.
 *
 * | arrives | no row     | done                | suspended | undone             |
 * | do      | effect     | replay of the reply | FENCED    | FENCED             |
 * | undo    | suspends   | undo                | no effect | no effect          |
 *
 * After the fence of Seata's TCC mode (https://seata.apache.org/docs/dev/mode/tcc-mode), but a repeated `do` replays.
 */
export function fence(): Plugin<FenceResources> {
  const layer: InboundLayer = (next) =>
    async function fenced(call) {
      const kind = call.operation?.fenced;
      if (!kind) return next(call);
      const saga = call.scope.context.saga;
      if (!saga)
        throw meshError("VALIDATION_FAILED", `${call.operation?.id} is a saga step: call it from a saga.`);
      const tx = call.resources.tx as Tx;
      const db = call.resources.db as AnyDatabase;
      const rows = await rowsOf(db, saga);
      const done = rows.find((row) => row.phase === "do");
      const undone = rows.find((row) => row.phase === "undo");
      const record = (phase: FenceRow["phase"], state: FenceRow["state"], reply: Reply) =>
        tx.add(
          db
            .insert(sagaFence)
            .values({ sagaId: saga.sagaId, step: saga.step, phase, state, reply, at: Date.now() }),
        );
      tx.rerunOn("saga_fence.saga_id");

      if (kind === "do") {
        if (undone) throw meshError("FENCED", `Step ${saga.step} of saga ${saga.sagaId} was already undone.`);
        if (done) return done.reply as Reply;
        const reply = await next(call);
        record("do", "done", reply);
        return reply;
      }
      if (undone) return undone.reply as Reply;
      if (!done) {
        record("do", "suspended", NO_CONTENT);
        record("undo", "done", NO_CONTENT);
        return NO_CONTENT;
      }
      const resources = { ...call.resources, fence: { ...saga, done: (done.reply as Reply).body } };
      const reply = await next({ ...call, resources });
      record("undo", "done", reply);
      return reply;
    };
  return { layer };
}

function rowsOf(db: AnyDatabase, saga: SagaStep): Promise<FenceRow[]> {
  return db
    .select()
    .from(sagaFence)
    .where(and(eq(sagaFence.sagaId, saga.sagaId), eq(sagaFence.step, saga.step)));
}
