import type { DatabaseResources } from "@weft/events";
import type { Plugin } from "@weft/mesh";
import { readSecret } from "./private-key.ts";
import type * as schema from "./schema.ts";
import { maintainKeys } from "./signing-keys.ts";

export interface KeySecret {
  USERS_KEY_SECRET?: string;
}

/** Looks after the signing keys by cron, and lets the service be healthy only if it can sign. */
export function keyCare(): Plugin {
  const secretOf = (env: unknown) => readSecret((env as KeySecret).USERS_KEY_SECRET);
  return {
    checks: ({ env }) => ({ key_secret: async () => secretOf(env) }),
    async scheduled(_, work) {
      const { scope, resources } = work.open();
      const { db, transact } = resources as unknown as DatabaseResources<typeof schema, Record<never, never>>;
      await transact((tx) => maintainKeys(db, tx, secretOf(scope.env)));
    },
  };
}
