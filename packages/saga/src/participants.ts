import { bindingName, type Consistency, invoke, rootContext, type Transport } from "@weft/mesh";
import type { SagaCall } from "./attempt.ts";

export interface ParticipantOptions<Env> {
  /** Name of the service whose sagas these are: what they see of their participants is reported under it. */
  service: string;
  /** How a service is reached; by default through the binding that bears its name. */
  connect?: (env: Env, service: string) => Transport;
}

/** Where calls are made from. */
interface Place<Env> {
  readonly env: Env;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Collects what the calls have written and seen. */
  readonly consistency: Consistency;
}

/** How a saga calls its participants, wherever it runs: with the fence's headers, and as what the starter was. */
export function participants<Env>(
  { service, connect = bound }: ParticipantOptions<Env>,
  { env, waitUntil, consistency }: Place<Env>,
): SagaCall {
  const host = { service, env, waitUntil };
  return async (operation, input, saga, timeout, { trace, principal, hops = 0, region }) => {
    // Money may be on its way: what browses can wait.
    const parts = { principal, hops, region, priority: "critical", consistency } as const;
    const context = rootContext(trace, parts);
    const transport = connect(env, operation.service);
    return (await invoke(operation, input, transport, context, { saga, timeout }, undefined, host)).body;
  };
}

function bound(env: unknown, service: string): Transport {
  const transport = (env as Record<string, Transport | undefined>)[bindingName(service)];
  if (!transport) throw new TypeError(`No service binding ${bindingName(service)}: add it to wrangler.toml.`);
  return transport;
}
