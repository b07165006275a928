import { problemResponse, toMeshError } from "@weft/mesh";
import { Hono } from "hono";
import type { KeyStore } from "../src/key-store.ts";
import { idempotent, type IdempotencyVariables } from "../src/idempotent.ts";

export { IdempotencyStore } from "../src/store.ts";

/** What the handler below did, by key. */
export const effects = new Map<string, number>();

const app = new Hono<{ Bindings: { IDEMPOTENCY: KeyStore }; Variables: IdempotencyVariables }>();
app.onError((error) => problemResponse(toMeshError(error), "none"));
app.post(
  "/things",
  idempotent({ store: (c) => c.env.IDEMPOTENCY as KeyStore, scope: () => "ada" }),
  async (c) => {
    const { name } = await c.req.json<{ name: string }>();
    effects.set(name, (effects.get(name) ?? 0) + 1);
    return c.json({ name, id: c.var.execution.executionId }, 201);
  },
);

export default app;
