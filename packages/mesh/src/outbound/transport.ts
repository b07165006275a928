import { writeContext } from "../context/headers.ts";
import { meshError } from "../error.ts";
import { fillPath } from "../contract/path.ts";
import { fromResponse } from "../problem.ts";
import type { Runtime } from "../runtime.ts";
import type { Answer, Outbound, OutboundNext } from "./call.ts";

/** On answers: the version of the callee that gave them. */
const VERSION = "weft-version";
/** The host is never resolved: a service binding goes to its Worker whatever the URL says. */
const ORIGIN = "http://mesh";

function toRequest(call: Outbound, now: number): Request {
  const { operation, context } = call;
  const input = call.input as Record<string, unknown>;
  const url = new URL(fillPath(operation.path, input), ORIGIN);
  const headers = new Headers();
  writeContext(headers, context, now);
  const rest = Object.entries(input).filter(
    ([name, value]) => value !== undefined && !operation.pathParams.includes(name),
  );
  let body: string | undefined;
  if (operation.safe) {
    for (const [name, value] of rest) url.searchParams.set(name, String(value));
  } else {
    headers.set("content-type", "application/json");
    body = JSON.stringify(Object.fromEntries(rest));
  }
  return new Request(url, { method: operation.method, headers, body, signal: signalFor(call, now) });
}

function signalFor({ operation, context }: Outbound, now: number): AbortSignal | undefined {
  const signals: AbortSignal[] = [];
  if (context.signal) signals.push(context.signal);
  // A stream outlives its call's deadline: that one limits the time to the first byte of other answers.
  if (context.deadline !== undefined && !operation.stream)
    signals.push(AbortSignal.timeout(Math.max(0, context.deadline - now)));
  return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
}

async function decode(call: Outbound, response: Response): Promise<Answer> {
  if (!response.ok) throw await fromResponse(call.operation.service, response);
  const body = call.operation.stream
    ? response.body
    : response.status === 204
      ? undefined
      : await json(call, response);
  const version = response.headers.get(VERSION) ?? undefined;
  return { status: response.status, headers: response.headers, body, version, degraded: false };
}

async function json(call: Outbound, response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const service = call.operation.service;
    throw meshError("UNAVAILABLE", undefined, { cause: `${service} did not answer JSON`, received: 502 });
  }
}

/** Sends the call through its transport and decodes the answer. Throws MeshError for every answer that is not 2xx. */
export const transport =
  ({ now }: Runtime): OutboundNext =>
  async (call) =>
    decode(call, await call.transport.fetch(toRequest(call, now())));
