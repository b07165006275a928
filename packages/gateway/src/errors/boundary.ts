import { codes, type MeshCode, MeshError, meshError, type OutboundLayer, toMeshError } from "@weft/mesh";

/** Refusals in the mesh's own words that are about the client's request, whoever of the Workers spoke them. */
const ABOUT_THE_REQUEST: readonly MeshCode[] = [
  "VALIDATION_FAILED",
  "AUTHENTICATION_REQUIRED",
  "TOKEN_EXPIRED",
  "TOKEN_INVALID",
  "FORBIDDEN",
  "CONFLICT",
  "RATE_LIMITED",
];

/** A refusal that blames the gateway: it called somebody who does not let it in, or a route that is not there. */
function isOurFault({ code, status }: MeshError): boolean {
  return status < 500 && code in codes && !ABOUT_THE_REQUEST.includes(code as MeshCode);
}

/**
 * Outermost layer of the gateway's own calls: what comes back from the mesh must make sense to somebody outside it.
 * The gateway's own faults become INTERNAL. A detail that names operations, internal paths or Workers of the given
 * services is left out, but for operators; code, title and field errors stay.
 */
export function boundary(services: readonly string[]): OutboundLayer {
  const internals = new RegExp(String.raw`/internal/|\bshop-|\b(?:${services.join("|")})\.[a-z]`);
  return (next) =>
    async function speakToOutside(call) {
      try {
        return await next(call);
      } catch (thrown) {
        const error = toMeshError(thrown);
        if (isOurFault(error)) throw meshError("INTERNAL", undefined, { cause: error });
        const isHarmless = error.detail === undefined || !internals.test(error.detail);
        if (isHarmless || call.operation.auth === "operator") throw error;
        const { code, status, title, errors, retryable, retryAfter, headers } = error;
        throw new MeshError(code, { status, title, errors, retryable, retryAfter, headers, cause: error });
      }
    };
}
