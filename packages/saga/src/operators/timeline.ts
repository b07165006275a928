import type { Logged } from "../event.ts";

/** One attempt from its beginning to its end; times are ms since the epoch. */
export interface Span {
  readonly step: string;
  readonly phase: string;
  readonly attempt: number;
  readonly from: number;
  readonly to: number | null;
  readonly outcome: string;
}

/** The attempts of a saga, in the order in which they began. */
export function timelineOf(log: readonly Logged[]): Span[] {
  const spans = new Map<string, Span>();
  for (const event of log) {
    if (event.type === "intent") {
      const { step, phase, attempt, at } = event;
      spans.set(`${phase} ${step} ${attempt}`, { step, phase, attempt, from: at, to: null, outcome: "open" });
    }
    if (event.type !== "done" && event.type !== "failed" && event.type !== "discarded") continue;
    const id = `${event.phase} ${event.step} ${event.attempt}`;
    const span = spans.get(id);
    const outcome = event.type === "failed" ? event.kind : event.type;
    if (span) spans.set(id, { ...span, to: event.at, outcome });
  }
  return [...spans.values()];
}
