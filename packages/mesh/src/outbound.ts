import type { OutboundNext } from "./outbound/call.ts";
import { attempt } from "./outbound/attempt.ts";
import { deadline } from "./outbound/deadline.ts";
import { fallback } from "./outbound/fallback.ts";
import { retry } from "./outbound/retry.ts";
import { transport } from "./outbound/transport.ts";
import { validate } from "./outbound/validate.ts";
import { type Runtime, systemRuntime } from "./runtime.ts";
import { stack } from "./stack.ts";

/** The whole call path, in reading order: the outermost layer first. */
export function outbound(runtime: Runtime = systemRuntime): OutboundNext {
  return stack(
    [
      // A caller's bug is the caller's: it must not cost a hop, nor be hidden by a fallback.
      validate,
      // Outside everything that can fail, so that a degraded answer covers each of the failures below.
      fallback,
      // Around the retries: the time limit is for the whole call, however many tries it takes.
      deadline(runtime),
      // Inside the deadline, outside the single try: each try below sees its own attempt number.
      retry(runtime),
      // One try: span, hop count, and failures named. Innermost, so that every layer above sees MeshErrors only.
      attempt,
    ],
    transport(runtime),
  );
}
