import { isMeshError } from "../error.ts";
import type { OutboundLayer } from "./call.ts";

/** Answers with the declared fallback when the callee fails. An answer that the contract foresees (4xx) is not a failure. */
export const fallback: OutboundLayer = (next) =>
  async function fallBack(call) {
    if (!call.fallback) return next(call);
    try {
      return await next(call);
    } catch (error) {
      if (isMeshError(error) && error.status < 500 && error.code !== "RATE_LIMITED") throw error;
      return { status: 200, headers: new Headers(), body: call.fallback(error), degraded: true };
    }
  };
