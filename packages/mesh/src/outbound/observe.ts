import { isMeshError } from "../error.ts";
import { versionOf } from "../version.ts";
import type { Trace } from "../context/trace.ts";
import type { Answer, Outbound } from "./call.ts";
import type { Observation } from "./observation.ts";

const OK = "OK";

export function observation(
  kind: Observation["kind"],
  call: Outbound,
  trace: Trace,
  duration: number,
  answer: Answer | undefined,
  error: unknown,
  degraded: boolean,
): Observation {
  const { operation, host } = call;
  const failure = isMeshError(error) ? error : undefined;
  const code = answer ? OK : (failure?.code ?? "INTERNAL");
  return {
    kind,
    trace: trace.traceId,
    span: trace.spanId,
    parent: trace.parentId,
    service: host?.service ?? "",
    version: versionOf(host?.env),
    operation: operation.id,
    peer: operation.service,
    peerVersion: answer?.version ?? failure?.version,
    code,
    duration,
    attempt: call.attempt,
    degraded,
    shed: failure?.received === undefined && (code === "OVERLOADED" || code === "CIRCUIT_OPEN"),
  };
}
