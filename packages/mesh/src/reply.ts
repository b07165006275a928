import type { Operation } from "./contract/operation.ts";
import type { Reply } from "./scope.ts";

const RESPOND = Symbol("respond");

/** A handler's answer with another status or more headers than the contract's default. */
export interface Respond<T> {
  readonly [RESPOND]: true;
  readonly status: number | undefined;
  readonly headers: Record<string, string>;
  readonly body: T;
}

export function respond<T>(
  body: T,
  options: { status?: number; headers?: Record<string, string> } = {},
): Respond<T> {
  return { [RESPOND]: true, status: options.status, headers: options.headers ?? {}, body };
}

function isRespond(value: unknown): value is Respond<unknown> {
  return typeof value === "object" && value !== null && RESPOND in value;
}

/** A handler's result as the contract promises it: unknown fields are dropped, so nothing internal leaks. */
export function toReply(operation: Operation, result: unknown): Reply {
  const { status, headers, body } = isRespond(result)
    ? result
    : { status: undefined, headers: {}, body: result };
  if (operation.stream) {
    return {
      status: status ?? operation.status,
      headers: { "content-type": operation.stream, ...headers },
      body,
    };
  }
  return { status: status ?? operation.status, headers, body: operation.output.parse(body) };
}
