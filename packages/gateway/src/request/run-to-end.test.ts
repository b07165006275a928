import { expect, it } from "vitest";
import { testApp, testContext } from "../test-app.ts";
import { runToEnd } from "./run-to-end.ts";

it("keeps the invocation until the request is answered, however that ends", async () => {
  const gate = Promise.withResolvers<Response>();
  const app = testApp(runToEnd).get("/", () => gate.promise);
  const context = testContext();
  const answer = app.request("/", {}, {}, context);
  await Promise.resolve();
  expect(context.pending).toHaveLength(1);
  const waiting = Promise.resolve("still waiting");
  expect(await Promise.race([context.pending[0], waiting])).toBe("still waiting");
  gate.reject(new Error("broken"));
  expect((await answer).status).toBe(500);
  await context.pending[0];
});
