import { ALGORITHM, AUDIENCE, CLOCK_SKEW, ISSUER, users } from "@shop/users/contract";
import { authenticate, hostOf, JwksCache, verifyToken } from "@weft/gateway";
import { client, rootContext } from "@weft/mesh";
import { toMesh } from "./mesh.ts";

const rules = { issuer: ISSUER, audience: AUDIENCE, algorithm: ALGORITHM, clockSkew: CLOCK_SKEW };
const keys = new JwksCache();

/** Customers by the tokens that users signs, operators by theirs. */
export const whoIsAsking = authenticate({
  operatorToken: (c) => c.env.WEFT_OPERATOR_TOKEN,
  verify: (token, c) =>
    verifyToken(token, rules, keys, () => {
      // Other requests may wait for the same keys, so this one's end must not stop their loading.
      const loading = client(users, c.env.USERS, rootContext(c.var.trace), toMesh, hostOf(c)).jwks({});
      c.executionCtx.waitUntil(Promise.allSettled([loading]));
      return loading;
    }),
});
