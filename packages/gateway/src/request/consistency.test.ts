import { expect, it } from "vitest";
import { testApp } from "../test-app.ts";
import { cleanHeaders } from "./clean-headers.ts";
import { consistency } from "./consistency.ts";
import { contextOf } from "./trace-request.ts";

const app = testApp(consistency, cleanHeaders)
  .get("/quiet", (c) => c.json({ seen: contextOf(c).consistency?.text }))
  .get("/writing", (c) => {
    contextOf(c).consistency?.wrote("orders", 7);
    contextOf(c).consistency?.wrote("payments", 2);
    return c.json({});
  });

it("hands the client a token of all that it has seen, and takes it back", async () => {
  const first = await app.request("/writing", { headers: { "weft-consistency": "users@1,orders@3" } });
  const token = first.headers.get("weft-consistency") ?? "";
  expect(token).toBe("users@1,orders@7,payments@2");
  const second = await app.request("/quiet", { headers: { "weft-consistency": token } });
  expect(await second.json()).toEqual({ seen: token });
  // It keeps the one that it has.
  expect(second.headers.has("weft-consistency")).toBe(false);
});

it.each(["x".repeat(8_000), "orders@x", "%00", "orders@1;DROP"])(
  "passes over a token that makes no sense: %.20s",
  async (token) => {
    const answer = await app.request("/quiet", { headers: { "weft-consistency": token } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ seen: "" });
  },
);
