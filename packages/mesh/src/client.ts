import { type Context, type SagaStep } from "./context/context.ts";
import type { Contract, InputOf, OutputOf } from "./contract/contract.ts";
import type { Operation } from "./contract/operation.ts";
import { outbound } from "./outbound.ts";
import type { Answer, Host, OutboundNext, Transport } from "./outbound/call.ts";
import type { Feature } from "./outbound/policies.ts";

export interface CallOptions<O = unknown> {
  /** Upper limit for the whole call in ms; the operation's own timeout applies if it is shorter. */
  timeout?: number;
  /** Answer to give when the callee fails, or how to make it from the error. */
  fallback?: O | ((error: unknown) => O);
  idempotencyKey?: string;
  /** Protections to go without. */
  off?: readonly Feature[];
  saga?: SagaStep;
  /** The input is what the operation's own schema has made of it: it is not parsed once more. */
  parsed?: boolean;
}

/** A typed function per operation of a contract. */
export type Client<C extends Contract> = {
  readonly [K in keyof C["operations"]]: <F = never>(
    input: InputOf<C["operations"][K]>,
    options?: CallOptions<OutputOf<C["operations"][K]> | F>,
  ) => Promise<OutputOf<C["operations"][K]> | F>;
};

const defaultStack = outbound();

/** One call of any operation; the answer with its status and headers. */
export function invoke(
  operation: Operation,
  input: unknown,
  transport: Transport,
  context: Context,
  options: CallOptions = {},
  next: OutboundNext = defaultStack,
  host?: Host,
): Promise<Answer> {
  const { fallback } = options;
  return next({
    operation,
    input,
    parsed: options.parsed ?? false,
    transport,
    context: { ...context, saga: options.saga, idempotencyKey: options.idempotencyKey },
    timeout: options.timeout,
    fallback:
      fallback === undefined || typeof fallback === "function" ? (fallback as undefined) : () => fallback,
    off: options.off,
    host,
    attempt: 1,
    probe: false,
    ending: undefined,
  });
}

/** A client for one service, on behalf of the work that `context` describes. */
export function client<C extends Contract>(
  contract: C,
  transport: Transport,
  context: Context,
  next: OutboundNext = defaultStack,
  host?: Host,
): Client<C> {
  const calls = Object.entries(contract.operations).map(([name, operation]) => [
    name,
    async (input: unknown, options?: CallOptions) =>
      (await invoke(operation, input, transport, context, options, next, host)).body,
  ]);
  return Object.fromEntries(calls) as Client<C>;
}
