import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { drizzle } from "drizzle-orm/d1";
import { users } from "../src/contract.ts";
import worker from "../src/index.ts";
import * as schema from "../src/schema.ts";

export const SECRET = Buffer.alloc(32, 7).toString("base64");
export const ada = { email: "Ada@Example.com", name: "Ada", password: "correct horse" };

/** The users service, on an empty database if no other is given. */
export function startUsers(secret: string | undefined = SECRET, DB: D1Database = d1("migrations/users")) {
  const served = serve(worker, { DB, USERS_KEY_SECRET: secret });
  return {
    DB,
    db: drizzle(DB, { schema }),
    served,
    gateway: served.client(users, { caller: "gateway" }),
    operator: served.client(users, {
      caller: "gateway",
      principal: { sub: "operator", scopes: ["operator"] },
    }),
    signedInAs: (sub: string) =>
      served.client(users, { caller: "gateway", principal: { sub, scopes: ["customer"] } }),
  };
}
