import { toMeshError } from "../error.ts";
import { problemResponse } from "../problem.ts";
import type { Inbound, InboundNext, Reply } from "../scope.ts";

function toResponse({ status, headers, body }: Reply): Response {
  if (body instanceof ReadableStream || body === undefined || body === null) {
    return new Response(body as ReadableStream | undefined, { status, headers });
  }
  return Response.json(body, { status, headers });
}

/** The one place where a reply or an error becomes an HTTP answer. Errors are problem+json (RFC 9457). */
export const rescue =
  (next: InboundNext) =>
  async (call: Inbound): Promise<Response> => {
    try {
      return toResponse(await next(call));
    } catch (error) {
      return problemResponse(toMeshError(error), call.scope.context.trace.traceId);
    }
  };
