import type { Consistency, MeshError, Principal, Priority, Trace } from "@weft/mesh";

/** What the gateway's middleware knows of a request. */
export interface GatewayVariables {
  /** The client's X-Request-Id, or the trace id. */
  requestId: string;
  trace: Trace;
  /** What the client has seen and written; set by `consistency`. */
  consistency: Consistency | undefined;
  /** Who is signed in; set by `authenticate`. */
  principal: Principal | undefined;
  /** Of the request's route; set by `admission`. */
  priority: Priority | undefined;
  /** Why the request's credentials were not accepted; thrown where they are needed. */
  refusal: MeshError | undefined;
  /** The validated input of the operation. */
  input: unknown;
  /** Parts of the answer that are missing or stand-ins. */
  degraded: readonly string[];
  /** The error that the answer tells of. */
  failure: MeshError | undefined;
}

export interface GatewayEnv {
  // oxlint-disable-next-line typescript/no-explicit-any -- Hono's own default: every Worker has bindings of its own
  Bindings: any;
  Variables: GatewayVariables;
}
