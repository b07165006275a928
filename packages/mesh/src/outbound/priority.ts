import type { Priority } from "../resilience/bulkhead.ts";
import type { Outbound } from "./call.ts";

/** A call's class: what an earlier hop has decided, or else what the operation says of itself. */
export function priorityOf({ context, operation }: Outbound): Priority {
  return context.priority ?? operation.priority;
}
