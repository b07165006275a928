export { bindings, bindingName, calls, connect, type Contracts, type Mesh } from "./bindings.ts";
export { canonicalJson } from "./canonical-json.ts";
export { type CallOptions, type Client, client, invoke } from "./client.ts";
export { codes, type FieldError, type MeshCode } from "./codes.ts";
export { Consistency } from "./context/consistency.ts";
export { type Context, type Principal, rootContext, type SagaStep } from "./context/context.ts";
export { header, isInternalHeader, readContext, writeContext } from "./context/headers.ts";
export { childOf, formatTraceparent, newTrace, parseTraceparent, type Trace } from "./context/trace.ts";
export {
  type CommandTypes,
  type Contract,
  contract,
  type EventData,
  type EventTypes,
  type InputOf,
  type OutputOf,
} from "./contract/contract.ts";
export { afterCursor, toPage } from "./contract/cursor.ts";
export { decoder, fieldErrors, parseInput } from "./contract/decode.ts";
export { event, type EventOptions, eventVersion, upcast, type Upcaster } from "./contract/event.ts";
export { type Auth, command, events, type Operation, query } from "./contract/operation.ts";
export { pageInput, pageOf } from "./contract/page.ts";
export { fillPath, openApiPath } from "./contract/path.ts";
export type { FaultRule } from "./faults/rule.ts";
export { hasCode, isMeshError, MeshError, meshError, type MeshErrorOptions, toMeshError } from "./error.ts";
export { excerpt } from "./excerpt.ts";
export { Health, healthOf } from "./health.ts";
export { describe, log } from "./log.ts";
export { outbound, type OutboundOptions } from "./outbound.ts";
export type { Answer, Host, Outbound, OutboundLayer, OutboundNext, Transport } from "./outbound/call.ts";
export { Callees } from "./outbound/callees.ts";
export type { Observation, Sink } from "./outbound/observation.ts";
export { type Feature, POLICIES, type Policies } from "./outbound/policies.ts";
export { regionOf, REGIONS } from "./regional/region-of.ts";
export { type Problem, PROBLEM_TYPE, problemResponse, toProblem } from "./problem.ts";
export { Bulkhead, type Priority, SHED_RETRY_AFTER } from "./resilience/bulkhead.ts";
export { isProtected } from "./protection.ts";
export { type Runtime, systemRuntime } from "./runtime.ts";
export type {
  Inbound,
  InboundLayer,
  InboundNext,
  MountedOperation,
  Plugin,
  Reply,
  ResourcesOf,
  Scope,
  Work,
} from "./scope.ts";
export { respond, type Respond, toReply } from "./reply.ts";
export { type Handler, type HandlerContext, type Handlers, service } from "./service.ts";
export { stack } from "./stack.ts";
export { versionOf } from "./version.ts";
