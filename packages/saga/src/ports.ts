import type { Runtime } from "@weft/mesh";
import type { SagaCall } from "./attempt.ts";
import type { AlarmClock } from "./dead-man.ts";
import type { FindDefinition } from "./find-definition.ts";
import type { SagaSnapshot } from "./snapshot.ts";
import type { SagaStore } from "./store.ts";

/** The outside world of one saga. */
export interface Ports {
  readonly store: SagaStore;
  readonly alarm: AlarmClock;
  readonly runtime: Runtime;
  readonly call: SagaCall;
  readonly definition: FindDefinition;
  /** Tells the index where the saga stands and when it goes on. */
  publish(snapshot: SagaSnapshot): Promise<void>;
  /** Age, ms, at which the index hears of a saga that is still at work; 0: before a second attempt is made. */
  readonly tellAfter: number;
}

/** Who gives an order, and why. `requestId`: the same order under the same id is carried out once. */
export interface Signed {
  readonly requestId: string;
  readonly actor: string;
  readonly reason: string;
}
