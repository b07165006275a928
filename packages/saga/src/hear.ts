import { canonicalJson } from "@weft/mesh";
import { type Progress, triesOf } from "./fold.ts";
import { refuse } from "./judge.ts";
import { hasPlace, nodeAt } from "./key.ts";
import type { Plan } from "./plan.ts";

/**
 * What becomes of a signal: `accepted`, the wait gets it, now or when it begins; `known`, it came before; `late`, the
 * wait is over or has its signal, so this one is on record and nobody hears it.
 */
export type Heard = "accepted" | "known" | "late";

/** Who sends a signal in place of the service, and why. */
export interface Sender {
  readonly actor: string;
  readonly reason: string;
}

interface Incoming {
  readonly id: string;
  /** Key of the wait that it is for. */
  readonly step: string;
  readonly payload: unknown;
}

/** Signals that nobody has heard yet: more than all waits together can be. */
const MOST_UNHEARD = 1_000;

/** Throws STEP_UNKNOWN where there can be no such wait. */
export function checkWait(plan: Plan, { resolved }: Progress, step: string): void {
  if (nodeAt(plan, step)?.kind !== "wait" || !hasPlace(plan, resolved, step)) throw refuse("STEP_UNKNOWN");
}

/** Of a signal that has passed `checkWait`. Throws REQUEST_ID_REUSED, SAGA_ENDED or TOO_MANY_SIGNALS. */
export function hear(progress: Progress, { id, step, payload }: Incoming): Heard {
  const before = progress.signals.find((signal) => signal.id === id);
  if (before) {
    if (before.step === step && canonicalJson(before.payload) === canonicalJson(payload)) return "known";
    throw refuse("REQUEST_ID_REUSED");
  }
  if (progress.state !== "RUNNING") throw refuse("SAGA_ENDED");
  const unheard = progress.signals.filter(({ consumed }) => !consumed);
  if (unheard.length >= MOST_UNHEARD) throw refuse("TOO_MANY_SIGNALS");
  const isOver = triesOf(progress, step, "do").done || progress.timers[step]?.over === true;
  return isOver || unheard.some((signal) => signal.step === step) ? "late" : "accepted";
}
