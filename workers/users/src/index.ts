import { notifications } from "@shop/notifications/contract";
import { database } from "@weft/events";
import { bindings, meshError, MeshError, respond, service } from "@weft/mesh";
import { issueToken } from "./access-token.ts";
import { authenticate, findUser, openAccount } from "./accounts.ts";
import { TOKEN_LIFETIME, users } from "./contract.ts";
import { keyCare, type KeySecret } from "./key-care.ts";
import { readSecret } from "./private-key.ts";
import * as schema from "./schema.ts";
import { activeKey, publishedKeys, rotate } from "./signing-keys.ts";

export default service(users, {
  use: [bindings<KeySecret>(), database({ schema, sendsTo: [notifications] }), keyCare()],
  handlers: {
    async register({ input, db, tx, context }) {
      // The key names one registration: its repetition finds the account that it made.
      const id = context.idempotencyKey ?? crypto.randomUUID();
      const made = context.idempotencyKey && (await findUser(db, id));
      if (made) return made;
      const user = await openAccount(db, tx, id, input);
      tx.send(notifications, "account.welcome", { userId: user.id, name: user.name });
      return user;
    },

    async logIn({ input, db, tx, env }) {
      const user = await authenticate(db, tx, input);
      const key = await activeKey(db, readSecret(env.USERS_KEY_SECRET), tx.now);
      const accessToken = await issueToken(user.id, key, tx.now);
      const headers = { "cache-control": "no-store" };
      return respond({ accessToken, tokenType: "Bearer", expiresIn: TOKEN_LIFETIME }, { headers });
    },

    async me({ db, context }) {
      const user = context.principal && (await findUser(db, context.principal.sub));
      if (!user)
        throw meshError(
          "TOKEN_INVALID",
          "The account that this token was issued for does not exist any more.",
        );
      return user;
    },

    async jwks({ db, env }) {
      const keys = await publishedKeys(db, readSecret(env.USERS_KEY_SECRET), Date.now());
      return respond({ keys }, { headers: { "cache-control": "public, max-age=300" } });
    },

    async rotateKeys({ db, tx, env }) {
      return { kid: await rotate(db, tx, readSecret(env.USERS_KEY_SECRET)) };
    },

    async getContact({ input, db }) {
      const user = await findUser(db, input.id);
      if (!user) throw new MeshError("USER_NOT_FOUND", { status: 404, title: "There is no such account" });
      return user;
    },
  },
});
