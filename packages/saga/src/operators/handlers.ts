import { type Context, meshError } from "@weft/mesh";
import type * as z from "zod";
import type { IndexRow } from "../saga-index.ts";
import { refuse } from "../judge.ts";
import type { Sagas } from "../sagas.ts";
import type { sagaOperations, SagaDetail, SagaRow } from "./contract.ts";
import { timelineOf } from "./timeline.ts";

type Operations = ReturnType<typeof sagaOperations>;

interface Call<K extends keyof Operations> {
  readonly input: z.output<Operations[K]["input"]>;
  readonly sagas: Sagas;
  readonly context: Context;
}

const iso = (time: number) => new Date(time).toISOString();
const perhaps = (time: number | null | undefined) => (time == null ? null : iso(time));

/** Handlers of `sagaOperations`; the service uses `sagas()`. */
export const sagaHandlers = {
  async listSagas({ input, sagas }: Call<"listSagas">) {
    const { items, nextCursor } = await sagas.list(input);
    return { items: items.map(rowOf), nextCursor };
  },
  async getSaga({ input: { id }, sagas }: Call<"getSaga">): Promise<z.input<typeof SagaDetail>> {
    const found = await sagas.inspect(id);
    if (!found) throw refuse("SAGA_UNKNOWN");
    const { saga, log } = found;
    const { definition, version, hash, state, parked, undone, results, failure } = saga;
    return {
      id,
      definition,
      version,
      hash,
      state,
      startedAt: iso(saga.startedAt),
      updatedAt: iso(saga.updatedAt),
      dueAt: perhaps(saga.dueAt),
      parked: [...parked],
      undone: [...undone],
      failure: failure ? { ...failure } : null,
      results: { ...results },
      timeline: timelineOf(log).map((span) => ({ ...span, from: iso(span.from), to: perhaps(span.to) })),
      log: log.map(({ at, ...event }) => ({ at: iso(at), ...event })),
    };
  },
  async orderSaga({ input: { id, requestId, reason, order }, sagas, context }: Call<"orderSaga">) {
    const actor = actorOf(context);
    const { state, parked } = await sagas.order(id, { requestId, actor, reason }, order);
    return { id, state, parked: [...parked] };
  },
  async signalSaga({ input, sagas, context }: Call<"signalSaga">) {
    const { id, step, requestId, payload, reason } = input;
    const heard = await sagas.signal(id, step, requestId, payload, { actor: actorOf(context), reason });
    return { id, step, heard };
  },
  async sagaNeeds({ sagas }: Call<"sagaNeeds">) {
    return { items: await sagas.needs() };
  },
};

/** Whose name stands in the saga's log. */
function actorOf({ principal }: Context): string {
  if (!principal) throw meshError("AUTHENTICATION_REQUIRED");
  return principal.sub;
}

function rowOf({ nextDueAt, startedAt, updatedAt, snapshot: _, ...row }: IndexRow): z.input<typeof SagaRow> {
  return { ...row, startedAt: iso(startedAt), updatedAt: iso(updatedAt), dueAt: perhaps(nextDueAt) };
}
