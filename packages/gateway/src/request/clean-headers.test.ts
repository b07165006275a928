import { expect, it } from "vitest";
import { testApp } from "../test-app.ts";
import { cleanHeaders } from "./clean-headers.ts";

const app = testApp(cleanHeaders).all("/", async (c) => {
  const seen = Object.fromEntries(c.req.raw.headers);
  return new Response(JSON.stringify({ seen, body: await c.req.text() }), {
    headers: { "weft-degraded": "stock", "Weft-Version": "1", "x-own": "1" },
  });
});

it("lets no header of the mesh in, and leaves all others and the body alone", async () => {
  const response = await app.request("/", {
    method: "POST",
    body: "hello",
    headers: {
      "weft-principal": "forged",
      "Weft-Anything-New": "forged",
      "Cloudflare-Workers-Version-Overrides": 'shop-users="v1"',
      "cf-connecting-ip": "192.0.2.1",
      authorization: "Bearer t",
    },
  });
  const { seen, body } = (await response.json()) as { seen: Record<string, string>; body: string };
  expect(Object.keys(seen).filter((name) => /^(weft|cloudflare)/.test(name))).toEqual([]);
  expect(seen).toMatchObject({ "cf-connecting-ip": "192.0.2.1", authorization: "Bearer t" });
  expect(body).toBe("hello");
});

it("lets no header of the mesh out", async () => {
  const { headers } = await app.request("/");
  expect([...headers.keys()].filter((name) => name.startsWith("weft-"))).toEqual([]);
  expect(headers.get("x-own")).toBe("1");
});
