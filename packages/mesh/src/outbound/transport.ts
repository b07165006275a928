import { contextHeaders, header } from "../context/headers.ts";
import { meshError } from "../error.ts";
import { fillPath } from "../contract/path.ts";
import { fromResponse } from "../problem.ts";
import type { Runtime } from "../runtime.ts";
import type { Answer, Outbound, OutboundNext } from "./call.ts";
import { signalOf } from "./ending.ts";

/** The host is never resolved: a service binding goes to its Worker whatever the URL says. */
const ORIGIN = "http://mesh";

function toRequest(call: Outbound, now: number): Request {
  const { operation } = call;
  const { method, path, pathParams, safe } = operation;
  const input = call.input as Record<string, unknown>;
  const rest = Object.entries(input).filter(
    ([name, value]) => value !== undefined && !pathParams.includes(name),
  );
  const headers = contextHeaders(call.context, now);
  const signal = signalOf(call);
  const url = `${ORIGIN}${fillPath(path, input)}`;
  if (safe) return new Request(rest.length > 0 ? `${url}?${query(rest)}` : url, { method, headers, signal });
  headers["content-type"] = "application/json";
  return new Request(url, { method, headers, body: JSON.stringify(Object.fromEntries(rest)), signal });
}

function query(entries: [string, unknown][]): string {
  return new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
}

async function decode(call: Outbound, response: Response): Promise<Answer> {
  if (!response.ok) throw await fromResponse(call.operation.id, response);
  const body = call.operation.stream
    ? response.body
    : response.status === 204
      ? undefined
      : await json(call, response);
  const version = response.headers.get(header.version) ?? undefined;
  return { status: response.status, headers: response.headers, body, version, degraded: false };
}

async function json(call: Outbound, response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw meshError("UNAVAILABLE", `${call.operation.id} did not answer JSON.`, { cause, received: 502 });
  }
}

/** Sends the call through its transport and decodes the answer. Throws MeshError for every answer that is not 2xx. */
export const transport =
  ({ now }: Runtime): OutboundNext =>
  async (call) => {
    const response = await call.transport.fetch(toRequest(call, now()));
    // An error's answer as well: it may have written before.
    call.context.consistency?.merge(response.headers.get(header.consistency));
    return decode(call, response);
  };
