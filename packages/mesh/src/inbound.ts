import { tellConsistency } from "./inbound/consistency.ts";
import { refuseExpired } from "./inbound/deadline.ts";
import { identity } from "./inbound/identity.ts";
import { observe } from "./inbound/observe.ts";
import { rescue } from "./inbound/rescue.ts";
import { shed } from "./inbound/shed.ts";
import { validate } from "./inbound/validate.ts";
import type { Bulkhead } from "./resilience/bulkhead.ts";
import { toReply } from "./reply.ts";
import type { Runtime } from "./runtime.ts";
import type { Inbound, InboundLayer, InboundNext, MountedOperation } from "./scope.ts";
import { stack } from "./stack.ts";

/** The whole path of a call into a service, in reading order: the outermost layer first. Built once per operation. */
export function inbound(
  { operation, handler }: MountedOperation,
  plugins: readonly InboundLayer[],
  bulkhead: Bulkhead,
  runtime: Runtime,
): (call: Inbound) => Promise<Response> {
  const handle: InboundNext = async ({ scope, input, resources }) => {
    const { context, caller, waitUntil } = scope;
    return toReply(
      operation,
      await handler({ ...resources, input, scope, context, caller, waitUntil } as never),
    );
  };
  const answer = rescue(
    stack(
      [
        // Inside rescue, outside everything else: a refusal is seen in the log, too.
        observe(runtime),
        // Before any work, the body's parsing included: a stranger costs nothing.
        identity,
        // Nobody waits for the answer of expired work.
        refuseExpired(runtime),
        // After the refusals, which cost nothing; before the body is read: from here on the call takes room.
        shed(bulkhead),
        // Input is checked before the plugins below open a unit of work or look a fence up.
        validate(operation),
        // What the service brings along: its unit of work, the saga fence. Outermost first.
        ...plugins,
      ],
      handle,
    ),
  );
  return tellConsistency(answer);
}
