import { decoder } from "../contract/decode.ts";
import type { Operation } from "../contract/operation.ts";
import type { InboundLayer } from "../scope.ts";

/** Reads the input from path, query or body and checks it. Throws MALFORMED_JSON, UNSUPPORTED_MEDIA_TYPE or VALIDATION_FAILED. */
export const validate = (operation: Operation): InboundLayer => {
  const decode = decoder(operation);
  return (next) =>
    async function validateInput(call) {
      const input = call.request ? await decode(call.request, call.params) : call.input;
      return next({ ...call, input });
    };
};
