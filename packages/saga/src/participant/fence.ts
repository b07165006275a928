import type { AnyDatabase, Transact, Tx } from "@weft/events";
import {
  type Inbound,
  type InboundLayer,
  type InboundNext,
  isMeshError,
  type MeshError,
  meshError,
  type Operation,
  type Plugin,
  type Reply,
  type SagaStep,
} from "@weft/mesh";
import { FenceRows, refusalFor, same, type Seen, TAKEN } from "./fence-rows.ts";

export interface FenceResources {
  /** In an `undo` handler: the step's saga and what its `do` had answered. */
  fence: { sagaId: string; step: string; done: unknown };
}

const NO_CONTENT: Reply = { status: 200, headers: {}, body: {} };

/**
 * The participant's side of a saga: a step takes effect once and its undo takes it back once, in whatever order and
 * however often they arrive. The fence row is committed in the same batch as the effect.
 *
 * | arrives | no row   | refused                                    | done                | suspended | undone    |
 * | do      | effect   | replay of the refusal; newer attempt: effect | replay of the reply | FENCED    | FENCED    |
 * | undo    | suspends | suspends                                   | undo                | no effect | no effect |
 *
 * A business error (a code of the operation's contract) of a `do` makes the coordinator go back, so it must stay true:
 * it is answered only once it is on record as `refused`, and from then on neither this attempt nor an older one that is
 * still on its way can take effect. A newer attempt can: the coordinator sends one only to a step that it has not given
 * up, such as a retriable step that was out of stock. Recording fails where another attempt was faster; then the
 * rows are read again, and the answer is that attempt's. Errors that do not say what became of the step (5xx) and
 * those that are no business answer are not recorded.
 *
 * After the fence of Seata's TCC mode (https://seata.apache.org/docs/dev/mode/tcc-mode), but a repeated `do` replays.
 * Needs `database()` before it.
 */
export function fence(): Plugin<FenceResources> {
  const layer: InboundLayer = (next) =>
    async function fenced(call) {
      const { operation } = call;
      if (!operation?.fenced) return next(call);
      const { saga } = call.scope.context;
      if (!saga) throw meshError("VALIDATION_FAILED", `${operation.id} is a saga step: call it from a saga.`);
      const rows = new FenceRows(call.resources.db as AnyDatabase, saga);
      const pass = operation.fenced === "do" ? doOnce : undoOnce;
      // Its own unit of work: what a commit refuses is known here, too, and can be put on record.
      const transact = call.resources.transact as Transact;
      // Every further round has found the rows changed, which attempts do only so often.
      for (;;) {
        let seen: Seen = {};
        const answer = await transact(async (tx) => {
          seen = await rows.read();
          tx.rerunOn(TAKEN);
          return pass({ call, next, rows, saga, seen, tx });
        }).catch((error: unknown) => {
          if (isMeshError(error) && error.status < 500) return { error };
          throw error;
        });
        if ("reply" in answer) return answer.reply;
        if ("replayed" in answer) throw answer.replayed;
        if (await stands(answer.error, operation, rows, seen)) throw answer.error;
      }
    };
  return { layer };
}

interface Pass {
  readonly call: Inbound;
  readonly next: InboundNext;
  readonly rows: FenceRows;
  readonly saga: SagaStep;
  readonly seen: Seen;
  readonly tx: Tx;
}

/** `replayed`: the fence's own answer, which needs no record. */
type Answer = { readonly reply: Reply } | { readonly replayed: MeshError };

async function doOnce({ call, next, rows, saga, seen, tx }: Pass): Promise<Answer> {
  if (seen.undo) {
    const late = `Step ${saga.step} of saga ${saga.sagaId} was already undone.`;
    return { replayed: meshError("FENCED", late) };
  }
  if (seen.do?.state === "done") return { reply: seen.do.reply as Reply };
  const replayed = refusalFor(saga, seen);
  if (replayed) return { replayed };
  const reply = await next({ ...call, resources: { ...call.resources, tx } });
  tx.add(...rows.take(seen, "done", reply));
  return { reply };
}

async function undoOnce({ call, next, rows, saga, seen, tx }: Pass): Promise<Answer> {
  if (seen.undo) return { reply: seen.undo.reply as Reply };
  if (seen.do?.state !== "done") {
    tx.add(...rows.take(seen, "suspended", NO_CONTENT), rows.insert("undo", "done", NO_CONTENT));
    return { reply: NO_CONTENT };
  }
  const done = (seen.do.reply as Reply).body;
  const { sagaId, step } = saga;
  const resources = { ...call.resources, tx, fence: { sagaId, step, done } };
  const reply = await next({ ...call, resources });
  tx.add(rows.insert("undo", "done", reply));
  return { reply };
}

/** Whether this is the answer. If not, another attempt was faster, and the handler has perhaps stumbled over its effect. */
async function stands(error: MeshError, operation: Operation, rows: FenceRows, seen: Seen): Promise<boolean> {
  if (operation.fenced === "do" && error.code in operation.errors) return rows.refuse(error);
  return same(seen, await rows.read());
}
