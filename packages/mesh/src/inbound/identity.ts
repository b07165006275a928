import { meshError } from "../error.ts";
import type { InboundLayer } from "../scope.ts";

/**
 * The caller's name comes from the binding's props, which only a deployment can set. Whoever is not named in the
 * operation's `allow` is refused; so is a request without the signed-in user that the operation needs.
 */
export const identity: InboundLayer = (next) =>
  function authorize(call) {
    const { operation, scope } = call;
    if (!operation) return next(call);
    if (!operation.allow.includes(scope.caller)) {
      throw meshError("CALLER_NOT_ALLOWED", `"${scope.caller}" may not call ${operation.id}.`);
    }
    const { principal } = scope.context;
    if (operation.auth !== "none" && !principal) {
      throw meshError("AUTHENTICATION_REQUIRED", "Send an access token: Authorization: Bearer <token>.");
    }
    if (operation.auth === "operator" && !principal?.scopes.includes("operator")) {
      throw meshError("FORBIDDEN", "This is for operators only.");
    }
    return next(call);
  };
