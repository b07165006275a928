import { Consistency } from "./consistency.ts";
import type { Context, Principal, SagaStep } from "./context.ts";
import type { Priority } from "../resilience/bulkhead.ts";
import { childOf, formatTraceparent, newTrace, parseTraceparent } from "./trace.ts";

/** Headers of the mesh. Remaining time travels instead of a point in time, so clocks need not agree. */
export const header = {
  traceparent: "traceparent",
  remaining: "weft-remaining-ms",
  principal: "weft-principal",
  hops: "weft-hops",
  depth: "weft-depth",
  retrying: "weft-retrying",
  /** critical, normal or background; as the first caller or an operation on the way decided. */
  priority: "weft-priority",
  region: "weft-region",
  saga: "weft-saga",
  step: "weft-step",
  attempt: "weft-attempt",
  idempotencyKey: "idempotency-key",
  /** What the caller has seen and written; on answers: what came to it. */
  consistency: "weft-consistency",
  /** On answers: the parts that were replaced by a fallback, comma-separated. */
  degraded: "weft-degraded",
  /** On answers: the deployed version of the Worker that gave them. */
  version: "weft-version",
} as const;

/** Headers that nobody outside may set: they would forge identity, pin a version or steer the mesh. */
export function isInternalHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith("weft-") || lower.startsWith("cloudflare-workers-version-");
}

const encodePrincipal = (principal: Principal) => encodeURIComponent(JSON.stringify(principal));

function decodePrincipal(text: string | null): Principal | undefined {
  return text ? (JSON.parse(decodeURIComponent(text)) as Principal) : undefined;
}

/** A plain record, since a `Headers` of its own would only be copied by the `Request` that it is for. */
export function contextHeaders(context: Context, now: number): Record<string, string> {
  const headers: Record<string, string> = {
    [header.traceparent]: formatTraceparent(context.trace),
    [header.hops]: String(context.hops),
    [header.depth]: String(context.depth),
  };
  if (context.deadline !== undefined)
    headers[header.remaining] = String(Math.max(0, Math.floor(context.deadline - now)));
  if (context.principal) headers[header.principal] = encodePrincipal(context.principal);
  if (context.priority !== undefined) headers[header.priority] = context.priority;
  if (context.region !== undefined) headers[header.region] = context.region;
  if (context.retrying) headers[header.retrying] = "1";
  if (context.idempotencyKey !== undefined) headers[header.idempotencyKey] = context.idempotencyKey;
  const seen = context.consistency?.text;
  if (seen) headers[header.consistency] = seen;
  if (context.saga) {
    headers[header.saga] = context.saga.sagaId;
    headers[header.step] = context.saga.step;
    headers[header.attempt] = String(context.saga.attempt);
  }
  return headers;
}

export function writeContext(headers: Headers, context: Context, now: number): void {
  for (const [name, value] of Object.entries(contextHeaders(context, now))) headers.set(name, value);
}

/** Only for requests from an authenticated caller: everything but the trace is believed. */
export function readContext(request: Request, now: number): Context {
  const { headers } = request;
  const parent = parseTraceparent(headers.get(header.traceparent));
  const remaining = headers.get(header.remaining);
  return {
    trace: parent ? childOf(parent) : newTrace(),
    deadline: remaining === null ? undefined : now + Number(remaining),
    principal: decodePrincipal(headers.get(header.principal)),
    hops: Number(headers.get(header.hops) ?? 0),
    depth: Number(headers.get(header.depth) ?? 0),
    retrying: headers.has(header.retrying),
    priority: readPriority(headers.get(header.priority)),
    region: headers.get(header.region) ?? undefined,
    saga: readSaga(headers),
    idempotencyKey: headers.get(header.idempotencyKey) ?? undefined,
    consistency: Consistency.parse(headers.get(header.consistency)),
    signal: request.signal,
  };
}

function readPriority(text: string | null): Priority | undefined {
  return text === "critical" || text === "normal" || text === "background" ? text : undefined;
}

function readSaga(headers: Headers): SagaStep | undefined {
  const sagaId = headers.get(header.saga);
  const step = headers.get(header.step);
  return sagaId && step ? { sagaId, step, attempt: Number(headers.get(header.attempt) ?? 1) } : undefined;
}
