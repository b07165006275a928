import { expect, it } from "vitest";
import { testApp } from "../test-app.ts";
import { cors } from "./cors.ts";

const app = testApp(cors()).post("/things", (c) => c.json({}, 201));
const origin = "https://shop.example";

it("answers a preflight", async () => {
  const response = await app.request("/things", {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "idempotency-key",
    },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("access-control-allow-methods")).toBe("GET,HEAD,POST");
  expect(response.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
});

it("lets a browser read answers and refusals, and the headers that matter", async () => {
  for (const path of ["/things", "/nowhere"]) {
    const { headers } = await app.request(path, { method: "POST", headers: { origin } });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-expose-headers")).toContain("Location");
  }
});

it("leaves an OPTIONS that is no preflight to the routes", async () => {
  const response = await app.request("/things", { method: "OPTIONS" });
  expect(response.headers.get("allow")).toBe("POST, OPTIONS");
});

it("says nothing to those who are no page, but that there would be more to say", async () => {
  const { headers } = await app.request("/things", { method: "POST" });
  expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  expect(headers.get("vary")).toBe("Origin");
});

it("lets only the given origins in", async () => {
  const strict = testApp(cors({ origin: [origin] })).get("/", (c) => c.json({}));
  const from = async (value: string) => (await strict.request("/", { headers: { origin: value } })).headers;
  expect((await from(origin)).get("access-control-allow-origin")).toBe(origin);
  expect((await from("https://evil.example")).has("access-control-allow-origin")).toBe(false);
  expect((await from(origin)).get("vary")).toContain("Origin");
});
