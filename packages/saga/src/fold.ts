import type { Failure, FailureKind, Logged, SagaState } from "./event.ts";
import { applyOrder } from "./fold-order.ts";
import type { Order } from "./order.ts";
import type { Phase, Plan } from "./plan.ts";
import { changeTries, type Steps, type Tries, UNTRIED } from "./tries.ts";

/** A saga's state: a projection of its log. Steps are named by their keys. */
export interface Progress {
  readonly state: SagaState;
  readonly steps: Steps;
  /** Steps in the order in which their first attempts began. */
  readonly begun: readonly string[];
  /** Answers of the steps that were done, and what the signals carried. */
  readonly results: Readonly<Record<string, unknown>>;
  /** The branch of a choice, the items of a map, the input of a sub-saga. */
  readonly resolved: Readonly<Record<string, unknown>>;
  /** Pauses and waits that have begun; `until`: ms since the epoch. */
  readonly timers: Readonly<Record<string, { readonly until: number; readonly over: boolean }>>;
  readonly signals: readonly Signal[];
  /** Why the saga went back. */
  readonly failure: (Failure & { readonly step: string }) | undefined;
  /** What an operator wants to become of the saga. */
  readonly wanted: { readonly end: "back" | "forth" | "killed"; readonly failure: Failure } | undefined;
  /** Orders that were carried out, by request id. */
  readonly orders: Readonly<Record<string, Order>>;
  /** The definition that the saga was moved to. */
  readonly moved: { readonly plan: Plan; readonly hash: string } | undefined;
  /** Of the newest attempt. */
  readonly epoch: number;
  /** Events of attempts since the last order: what makes a log long. */
  readonly events: number;
  /** The step at which the saga was halted for its log's length. */
  readonly halted: string | undefined;
}

export interface Signal {
  readonly id: string;
  readonly step: string;
  readonly payload: unknown;
  readonly consumed: boolean;
}

export const BEGINNING: Progress = {
  state: "RUNNING",
  steps: {},
  begun: [],
  results: {},
  resolved: {},
  timers: {},
  signals: [],
  failure: undefined,
  wanted: undefined,
  orders: {},
  moved: undefined,
  epoch: 0,
  events: 0,
  halted: undefined,
};

export function triesOf(progress: Progress, step: string, phase: Phase): Tries {
  return progress.steps[step]?.[phase] ?? UNTRIED;
}

export function fold(log: readonly Logged[]): Progress {
  return log.reduce(apply, BEGINNING);
}

export function apply(progress: Progress, event: Logged): Progress {
  switch (event.type) {
    case "started":
    case "discarded":
      return progress;
    case "compensating":
      return { ...progress, state: "COMPENSATING", failure: { ...event.failure, step: event.step } };
    case "ended":
      return { ...progress, state: event.state };
    case "resolved":
      return { ...progress, resolved: { ...progress.resolved, [event.step]: event.value } };
    case "waiting":
      return withTimer(progress, event.step, { until: event.until, over: false });
    case "elapsed":
      return withTimer(progress, event.step, { until: event.at, over: true });
    case "signalled": {
      const { id, step, payload } = event;
      return { ...progress, signals: [...progress.signals, { id, step, payload, consumed: false }] };
    }
    case "consumed":
      return consume(progress, event.id, event.step);
    case "halted":
      return { ...progress, halted: event.step };
    case "ordered":
      return applyOrder(progress, event);
    default:
      return applyAttempt(progress, event);
  }
}

type OfTries = Extract<Logged, { type: "intent" | "done" | "failed" | "parked" | "stuck" }>;

function applyAttempt(progress: Progress, event: OfTries): Progress {
  const { step, phase } = event;
  const events = progress.events + 1;
  const steps = changeTries(progress.steps, step, phase, (tries) => after(tries, event));
  if (event.type === "intent") {
    const first = phase === "do" && triesOf(progress, step, "do").attempts === 0;
    const begun = first ? [...progress.begun, step] : progress.begun;
    return { ...progress, events, steps, begun, epoch: event.epoch };
  }
  if (event.type !== "done" || phase === "undo") return { ...progress, events, steps };
  return { ...progress, events, steps, results: { ...progress.results, [step]: event.result } };
}

function after(tries: Tries, event: OfTries): Tries {
  switch (event.type) {
    case "intent":
      return {
        ...tries,
        attempts: event.attempt,
        firstAt: tries.attempts === tries.before ? event.at : tries.firstAt,
        open: true,
        epoch: event.epoch,
        // The attempt before this one was interrupted.
        unknown: tries.unknown || tries.open,
      };
    case "done":
      return { ...tries, open: false, done: true, parked: false, stuck: false };
    case "failed": {
      const { kind, failure, retryAt } = event;
      const unknown = tries.unknown || kind === "unknown";
      const same = tries.last?.kind === kind && tries.last.failure.code === failure.code;
      const repeated = same ? tries.repeated + 1 : 1;
      const last = lastOf(kind, failure, retryAt);
      return { ...tries, open: false, unknown, last, repeated, stuck: tries.stuck && same };
    }
    case "parked":
      return { ...tries, open: false, unknown: tries.unknown || tries.open, parked: true };
    case "stuck":
      return { ...tries, stuck: true };
  }
}

function lastOf(kind: FailureKind, failure: Failure, retryAt: number): Tries["last"] {
  return { kind, failure, retryAt };
}

function withTimer(progress: Progress, step: string, timer: Progress["timers"][string]): Progress {
  return { ...progress, timers: { ...progress.timers, [step]: timer } };
}

function consume(progress: Progress, id: string, step: string): Progress {
  const signals = progress.signals.map((signal) =>
    signal.id === id ? { ...signal, consumed: true } : signal,
  );
  const payload = signals.find((signal) => signal.id === id)?.payload;
  return {
    ...progress,
    signals,
    steps: changeTries(progress.steps, step, "do", (tries) => ({ ...tries, done: true })),
    results: { ...progress.results, [step]: payload },
  };
}
