import { type Applier, type Arrival, attempt, type Attempted } from "./attempt.ts";
import { attemptInOrder } from "./in-order.ts";

/** Tries to apply an event in the way that its subscription asks for. Never throws. */
export function receive(applier: Applier, arrival: Arrival): Promise<Attempted> {
  return applier.subscription.ordered ? attemptInOrder(applier, arrival) : attempt(applier, arrival);
}
