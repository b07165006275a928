import { parseInput } from "../contract/decode.ts";
import type { OutboundLayer } from "./call.ts";

/** Checks the input against the contract before anything leaves the isolate. Throws VALIDATION_FAILED. */
export const validate: OutboundLayer = (next) =>
  function validateInput(call) {
    if (!call.parsed) call.input = parseInput(call.operation, call.input);
    return next(call);
  };
