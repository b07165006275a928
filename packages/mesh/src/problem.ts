import { codes, type FieldError } from "./codes.ts";
import { header } from "./context/headers.ts";
import { MeshError, meshError } from "./error.ts";

/** RFC 9457 problem details, as every error answer of the mesh carries them. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  traceId: string;
  errors?: FieldError[];
  /** Always there when the status alone would suggest another try. */
  retryable?: boolean;
}

/** gRPC A6: milliseconds to wait before a retry; negative = do not retry. */
const PUSHBACK = "grpc-retry-pushback-ms";
export const PROBLEM_TYPE = "application/problem+json";

export function toProblem(error: MeshError, traceId: string): Problem {
  return {
    type: `urn:weft:error:${error.code}`,
    title: error.title,
    status: error.status,
    code: error.code,
    ...(error.detail !== undefined && { detail: error.detail }),
    traceId,
    ...(error.errors && { errors: error.errors }),
    ...((error.retryable || suggestsRetry(error.status)) && { retryable: error.retryable }),
  };
}

/** Statuses that many a client repeats by itself, so whether that is of any use must be said either way. */
function suggestsRetry(status: number): boolean {
  return status >= 500 || status === 409 || status === 429;
}

export function problemResponse(error: MeshError, traceId: string): Response {
  const headers = new Headers(error.headers);
  headers.set("content-type", PROBLEM_TYPE);
  headers.set("cache-control", "no-store");
  if (error.retryAfter !== undefined && error.retryAfter < 0) headers.set(PUSHBACK, "-1");
  else if (error.retryAfter !== undefined) headers.set("retry-after", String(Math.ceil(error.retryAfter)));
  return Response.json(toProblem(error, traceId), { status: error.status, headers });
}

/** Seconds to wait according to Retry-After (seconds or an HTTP date) or gRPC's pushback; negative = never come back. */
function retryAfterOf(headers: Headers): number | undefined {
  const pushback = headers.get(PUSHBACK);
  if (pushback !== null && Number(pushback) < 0) return -1;
  const text = headers.get("retry-after");
  if (text === null) return pushback === null ? undefined : Number(pushback) / 1_000;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const wait = (Date.parse(text) - Date.now()) / 1_000;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

/** Undefined if it is no problem of the mesh's kind, which has a code. */
function parse(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text) as Problem | null;
    return typeof problem?.code === "string" ? problem : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What another service's failed answer to an operation (its id) means here. A body that is not a problem (a crashed
 * isolate, the dev server's error page) is an unavailable service: its text may hold internals, so it goes to `cause` alone.
 */
export async function fromResponse(operation: string, response: Response): Promise<MeshError> {
  const text = await response.text();
  const location = response.headers.get("location");
  const retryAfter = retryAfterOf(response.headers);
  const received = response.status;
  const version = response.headers.get(header.version) ?? undefined;
  const problem = response.headers.get("content-type")?.startsWith(PROBLEM_TYPE) ? parse(text) : undefined;
  if (problem && (problem.code in codes || response.status < 500)) {
    const { code, title, detail, errors, retryable } = problem;
    return new MeshError(code, {
      title,
      ...(detail !== undefined && { detail }),
      ...(errors && { errors }),
      ...(retryable !== undefined && { retryable }),
      status: response.status,
      retryAfter,
      received,
      version,
      // What the error is about: a caller may want to look at it.
      ...(location !== null && { headers: { location } }),
    });
  }
  return meshError(
    response.status === 429 ? "RATE_LIMITED" : "UNAVAILABLE",
    `${operation} answered ${received}.`,
    {
      retryAfter,
      received,
      version,
      cause: `${operation} answered ${received}: ${text.slice(0, 500)}`,
    },
  );
}
