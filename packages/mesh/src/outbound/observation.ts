/** One end of a call, as a caller sees it. Both layers that observe hand these to a sink. */
export interface Observation {
  /** `route`: what the caller experienced, after retries. `attempt`: one try that went to the callee. */
  readonly kind: "route" | "attempt";
  readonly trace: string;
  readonly span: string;
  readonly parent: string | undefined;
  /** The caller. */
  readonly service: string;
  /** The caller's deployed version. */
  readonly version: string | undefined;
  readonly operation: string;
  readonly peer: string;
  /** The version that answered, be it with an error. */
  readonly peerVersion: string | undefined;
  /** `OK`, or the error's code. */
  readonly code: string;
  /** ms. */
  readonly duration: number;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The caller got the fallback. */
  readonly degraded: boolean;
  /** Refused before it left, to protect the callee or this isolate. */
  readonly shed: boolean;
}

export type Sink = (observation: Observation) => void;
