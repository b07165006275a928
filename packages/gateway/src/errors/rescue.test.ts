import { MeshError, meshError } from "@weft/mesh";
import { describe, expect, it } from "vitest";
import { problemOf, testApp } from "../test-app.ts";

const app = testApp(async (_, next) => next());
app.get("/things/:id", (c) => c.json({ id: c.req.param("id") }));
app.post("/things", (c) => c.json({}));
const thrown: Record<string, Error> = {
  bug: new TypeError("db.query is not a function at /srv/users.ts:12"),
  internal: meshError("INTERNAL", "users exploded", { errors: [{ pointer: "/x", message: "y" }] }),
  business: new MeshError("OUT_OF_STOCK", {
    status: 409,
    title: "Not enough is left",
    detail: "2 are left.",
  }),
  later: meshError("UNAVAILABLE", undefined, { retryAfter: 2.2, cause: "users answered 502" }),
  expired: meshError("TOKEN_EXPIRED"),
  anonymous: meshError("AUTHENTICATION_REQUIRED"),
};
app.get("/fail/:how", (c) => {
  throw thrown[c.req.param("how")] ?? new Error();
});
const get = (path: string, method = "GET") => app.request(path, { method }) as Promise<Response>;

describe("rescue", () => {
  it("answers a problem document with the trace id", async () => {
    const response = await get("/fail/business");
    expect(response.status).toBe(409);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await problemOf(response)).toEqual({
      type: "urn:weft:error:OUT_OF_STOCK",
      title: "Not enough is left",
      status: 409,
      code: "OUT_OF_STOCK",
      detail: "2 are left.",
      retryable: false,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it.each(["bug", "internal"])("says nothing of an unexpected error (%s)", async (how) => {
    const problem = await problemOf(await get(`/fail/${how}`));
    expect(Object.keys(problem).toSorted()).toEqual([
      "code",
      "retryable",
      "status",
      "title",
      "traceId",
      "type",
    ]);
    expect(JSON.stringify(problem)).not.toMatch(/users|query|srv/);
  });

  it("says when to come back, and never why a service failed", async () => {
    const response = await get("/fail/later");
    expect(response.headers.get("retry-after")).toBe("3");
    expect(JSON.stringify(await problemOf(response))).not.toContain("answered");
  });

  it("challenges whoever is not signed in (RFC 6750)", async () => {
    expect((await get("/fail/anonymous")).headers.get("www-authenticate")).toBe("Bearer");
    expect((await get("/fail/expired")).headers.get("www-authenticate")).toMatch(
      /^Bearer error="invalid_token", error_description=".+"$/,
    );
  });

  it("answers 404 where nothing is", async () => {
    const response = await get("/nowhere");
    expect([response.status, (await problemOf(response)).code]).toEqual([404, "NOT_FOUND"]);
  });

  it("does not repeat all of what a client sent", async () => {
    const { detail } = await problemOf(await get(`/${"x".repeat(5_000)}`));
    expect(String(detail).length).toBeLessThan(150);
  });

  it("answers 405 with Allow where something else is", async () => {
    const response = await get("/things/1", "DELETE");
    expect([response.status, (await problemOf(response)).code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
    expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect((await get("/things", "GET")).headers.get("allow")).toBe("POST, OPTIONS");
  });

  it("answers OPTIONS and HEAD for what is there", async () => {
    const options = await get("/things/1", "OPTIONS");
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect((await get("/nowhere", "OPTIONS")).status).toBe(404);
    const head = await get("/things/1", "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await get("/nowhere", "HEAD")).status).toBe(404);
  });
});
