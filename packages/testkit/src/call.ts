import { type Context, newTrace, type Operation, rootContext, writeContext } from "@weft/mesh";
import { serve } from "./serve.ts";

export interface CallParts extends Partial<
  Pick<Context, "principal" | "saga" | "idempotencyKey" | "deadline">
> {
  operation: Operation;
  /** Sent as it is, so that a service's own validation can be tested. */
  input?: Record<string, unknown>;
  /** The Worker's bindings. */
  env?: object;
  /** Name of the calling Worker; default the first that the operation allows. */
  caller?: string;
}

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  /** Decoded JSON; undefined without a body. */
  readonly body: unknown;
}

/**
 * One call into a service as a caller's binding would make it, and its plain answer; work given to `waitUntil` has
 * ended by then. For a typed client see `serve()`.
 */
export async function call(worker: ExportedHandler<never>, parts: CallParts): Promise<Called> {
  const { operation, env = {}, caller = operation.allow[0] ?? "nobody" } = parts;
  const { principal, saga, idempotencyKey, deadline } = parts;
  const context = rootContext(newTrace(), { principal, saga, idempotencyKey, deadline });
  const served = serve(worker, env);
  const answer = await served.binding(caller).fetch(toRequest(operation, parts.input ?? {}, context));
  const text = await answer.text();
  await served.settled();
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}

function toRequest(operation: Operation, input: Record<string, unknown>, context: Context): Request {
  const path = operation.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(input[name])),
  );
  const url = new URL(path, "http://mesh");
  const headers = new Headers();
  writeContext(headers, context, Date.now());
  const rest = Object.entries(input).filter(([name]) => !operation.pathParams.includes(name));
  if (operation.safe) {
    for (const [name, value] of rest) url.searchParams.set(name, String(value));
    return new Request(url, { headers });
  }
  headers.set("content-type", "application/json");
  return new Request(url, {
    method: operation.method,
    headers,
    body: JSON.stringify(Object.fromEntries(rest)),
  });
}
