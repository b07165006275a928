import { type Progress, triesOf } from "./fold.ts";
import type { Phase } from "./plan.ts";

/** An outcome is for the attempt that is waited for: no other one was begun since, and nobody gave it up. */
export function isAwaited(
  progress: Progress,
  { step, phase, attempt, epoch }: { step: string; phase: Phase; attempt: number; epoch: number },
): boolean {
  if (progress.state !== (phase === "do" ? "RUNNING" : "COMPENSATING")) return false;
  const tries = triesOf(progress, step, phase);
  return tries.open && tries.attempts === attempt && tries.epoch === epoch;
}
