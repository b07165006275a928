import { Bulkhead } from "@weft/mesh";
import { expect, it } from "vitest";
import { contextOf } from "../request/trace-request.ts";
import { problemOf, testApp } from "../test-app.ts";
import { admission } from "./admission.ts";

/** A shop with room for two, which answers when it is told to. */
function shop(env: object = {}) {
  const gates: PromiseWithResolvers<void>[] = [];
  const seen: unknown[] = [];
  const admit = admission(new Bulkhead({ limit: 2 }));
  const app = testApp();
  for (const [path, priority] of [
    ["/page", "background"],
    ["/order", "critical"],
  ] as const) {
    app.get(path, admit(priority), async (c) => {
      seen.push(contextOf(c).priority);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return c.text("done");
    });
  }
  const get = async (path: string) => (await app.request(path, {}, env)) as Response;
  return { get, gates, seen };
}

it("keeps room for the important, tells the others to come back, and tells the mesh who is who", async () => {
  const { get, gates, seen } = shop();
  const page = get("/page");
  const refused = await get("/page");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await problemOf(refused)).toMatchObject({ code: "OVERLOADED" });
  const order = get("/order");
  while (gates.length < 2) await new Promise((resolve) => setTimeout(resolve));
  for (const gate of gates.splice(0)) gate.resolve();
  expect([(await page).status, (await order).status]).toEqual([200, 200]);
  expect(seen).toEqual(["background", "critical"]);
});

it("gives the room back when a request fails", async () => {
  const { get, gates } = shop();
  for (let n = 0; n < 5; n++) {
    const page = get("/page");
    while (gates.length < 1) await new Promise((resolve) => setTimeout(resolve));
    gates.pop()?.reject(new Error("broken"));
    expect((await page).status).toBe(500);
  }
});

it("only passes priorities on where it is switched off", async () => {
  const { get, gates, seen } = shop({ WEFT_SHED: "off" });
  const pages = [get("/page"), get("/page"), get("/page")];
  while (gates.length < 3) await new Promise((resolve) => setTimeout(resolve));
  for (const gate of gates) gate.resolve();
  expect((await Promise.all(pages)).every(({ ok }) => ok)).toBe(true);
  expect(seen).toEqual(["background", "background", "background"]);
});
