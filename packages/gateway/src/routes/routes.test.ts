import { command, contract, events, outbound, problemResponse, meshError, query, respond } from "@weft/mesh";
import type { Context } from "hono";
import * as z from "zod";
import { beforeEach, describe, expect, it } from "vitest";
import { problemOf, testApp, testContext } from "../test-app.ts";
import { routes } from "./routes.ts";

const things = contract("things", {
  list: query("GET /v1/things", {
    input: z.object({ limit: z.int().max(9).default(3) }),
    output: z.unknown(),
    allow: [],
  }),
  get: query("GET /v1/things/:id", {
    input: z.object({ id: z.string() }),
    output: z.unknown(),
    auth: "user",
    allow: [],
  }),
  make: command("POST /v1/things", {
    // Not idempotent: it shows how often it ran.
    input: z.object({ name: z.string().transform((name) => `${name}!`) }),
    output: z.unknown(),
    auth: "user",
    keyed: "required",
    priority: "critical",
    allow: [],
  }),
  join: command("POST /v1/joins", { output: z.unknown(), keyed: "optional", allow: [] }),
  watch: events("GET /v1/things/:id/events", {
    input: z.object({ id: z.string(), lastEventId: z.int().optional() }),
    allow: [],
  }),
  secret: query("GET /internal/secret", {
    output: z.object({ open: z.string() }),
    auth: "operator",
    allow: [],
  }),
});
const { list, get, make, watch, secret } = things.operations;

/** What the service was asked, and what it answers. */
let asked: Request[];
let service: (request: Request) => Response | Promise<Response>;
let trail: string[];
const env = { THINGS: { fetch: async (request: Request) => (asked.push(request), service(request)) } };

beforeEach(() => {
  asked = [];
  trail = [];
  service = () => Response.json({ ok: true });
});

function app() {
  const hono = testApp();
  const note = (name: string) => async (_: unknown, next: () => Promise<void>) => {
    trail.push(name);
    await next();
  };
  const { forward, compose } = routes(hono, {
    authenticate: async (c, next) => {
      trail.push("authenticate");
      const sub = c.req.header("user");
      if (sub) c.set("principal", { sub, scopes: sub === "root" ? ["operator"] : [] });
      await next();
    },
    admit: (priority) => note(`admit ${priority}`),
    limit: note("limit"),
    once: note("once"),
    executionOf: (c: Context) => c.req.header("idempotency-key"),
    outbound: outbound(),
  });
  forward(list);
  forward(get);
  forward(make, { use: [note("use")] });
  forward(watch);
  forward(things.operations.join);
  forward(secret, { path: "/_weft/secret" });
  compose({ ...secret, path: "/v1/composed", auth: "none" }, async () =>
    respond({ open: "yes", internal: "no" }, { status: 202, headers: { location: "/v1/x", "weft-x": "1" } }),
  );
  compose({ ...secret, path: "/v1/broken", auth: "none" }, async () => ({}) as never);
  return hono;
}
const send = (path: string, init: RequestInit = {}) =>
  app().request(path, init, env, testContext()) as Promise<Response>;

describe("forward", () => {
  it("passes the validated input and who is asking, and nothing else of the request", async () => {
    await send("/v1/things/a%20b?id=other&x=1", { headers: { user: "usr_1", cookie: "c=1", "x-any": "1" } });
    const [request] = asked;
    expect(new URL(request?.url ?? "").pathname).toBe("/v1/things/a%20b");
    expect(new URL(request?.url ?? "").search).toBe("");
    expect(decodeURIComponent(request?.headers.get("weft-principal") ?? "")).toBe(
      '{"sub":"usr_1","scopes":[]}',
    );
    expect(request?.headers.has("cookie")).toBe(false);
    expect(request?.headers.has("x-any")).toBe(false);
  });

  it("parses an input once, although the call path checks what leaves", async () => {
    const headers = { user: "u", "content-type": "application/json" };
    await send("/v1/things", { method: "POST", body: '{"name":"n"}', headers });
    expect(await asked[0]?.json()).toEqual({ name: "n!" });
  });

  it("runs an operation once per key only if there is one, and tells the service which", async () => {
    const join = (headers: Record<string, string>) => send("/v1/joins", { method: "POST", headers });
    await join({});
    expect(trail).not.toContain("once");
    expect(asked[0]?.headers.has("idempotency-key")).toBe(false);
    await join({ "idempotency-key": "k1" });
    expect(trail).toContain("once");
    expect(asked[1]?.headers.get("idempotency-key")).toBe("k1");
  });

  it("refuses bad input before it leaves", async () => {
    const response = await send("/v1/things?limit=10");
    expect(await problemOf(response)).toMatchObject({
      status: 400,
      code: "VALIDATION_FAILED",
      errors: [{ pointer: "/limit" }],
    });
    expect(asked).toEqual([]);
  });

  it("passes the answer on without the headers of the mesh", async () => {
    service = () =>
      Response.json(
        { id: 1 },
        { status: 200, headers: { location: "/v1/things/1", "weft-degraded": "x", "set-cookie": "a=b" } },
      );
    const { status, headers } = await send("/v1/things/1", { headers: { user: "usr_1" } });
    expect(status).toBe(200);
    expect(headers.get("location")).toBe("/v1/things/1");
    expect(headers.get("content-length")).toBe("8");
    expect(["weft-degraded", "set-cookie"].filter((name) => headers.has(name))).toEqual([]);
  });

  it("lets nobody store what is private, and everybody revalidate what is not", async () => {
    expect((await send("/v1/things/1", { headers: { user: "u" } })).headers.get("cache-control")).toBe(
      "no-store",
    );
    expect((await send("/v1/things")).headers.get("cache-control")).toBe("no-cache");
    service = () => Response.json({}, { headers: { "cache-control": "public, max-age=300" } });
    expect((await send("/v1/things")).headers.get("cache-control")).toBe("public, max-age=300");
  });

  it("finds room first, asks who it is, limits, and only then refuses; a key is claimed last", async () => {
    expect((await send("/v1/things", { method: "POST", body: "{" })).status).toBe(401);
    expect(trail.splice(0)).toEqual(["admit critical", "authenticate", "limit"]);
    const headers = { user: "u", "content-type": "application/json" };
    expect((await send("/v1/things", { method: "POST", body: "{", headers })).status).toBe(400);
    expect(trail.splice(0)).toEqual(["admit critical", "authenticate", "limit", "use"]);
    expect((await send("/v1/things", { method: "POST", body: '{"name":"n"}', headers })).status).toBe(200);
    expect(trail.splice(0)).toEqual(["admit critical", "authenticate", "limit", "use", "once"]);
    await send("/v1/things");
    expect(trail.splice(0)).toEqual(["admit normal", "limit"]);
  });

  it("keeps operators' paths for operators", async () => {
    expect((await send("/_weft/secret")).status).toBe(401);
    expect((await send("/_weft/secret", { headers: { user: "ada" } })).status).toBe(403);
    expect((await send("/_weft/secret", { headers: { user: "root" } })).status).toBe(200);
    expect(new URL(asked[0]?.url ?? "").pathname).toBe("/internal/secret");
    expect((await send("/internal/secret", { headers: { user: "root" } })).status).toBe(404);
  });

  it("passes a refusal on as it is", async () => {
    service = () => problemResponse(meshError("CONFLICT", "Somebody was faster."), "t");
    expect(await problemOf(await send("/v1/things"))).toMatchObject({
      status: 409,
      code: "CONFLICT",
      detail: "Somebody was faster.",
    });
  });

  it.each([
    ["ends with its client", "/v1/things/1", {}, true],
    [
      "lasts when its client may come back for it",
      "/v1/things",
      { method: "POST", body: '{"name":"it"}' },
      false,
    ],
  ] as const)("a call %s", async (_, path, init, ends) => {
    const client = new AbortController();
    const answered = Promise.withResolvers<Response>();
    const arrived = Promise.withResolvers<void>();
    service = () => {
      arrived.resolve();
      return answered.promise;
    };
    const headers = { user: "usr_1", "content-type": "application/json" };
    const response = app().request(path, { ...init, headers, signal: client.signal }, env, testContext());
    await arrived.promise;
    client.abort();
    expect(asked[0]?.signal.aborted).toBe(ends);
    answered.resolve(Response.json({ ok: true }));
    await response;
  });

  it("streams events as they come, from where the client left off", async () => {
    const source = Promise.withResolvers<ReadableStreamDefaultController>();
    service = () =>
      new Response(new ReadableStream({ start: (controller) => source.resolve(controller) }), {
        headers: { "content-type": "text/event-stream" },
      });
    const response = await send("/v1/things/1/events", { headers: { "last-event-id": "7" } });
    expect(new URL(asked[0]?.url ?? "").search).toBe("?lastEventId=7");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const reader = response.body?.getReader();
    (await source.promise).enqueue(new TextEncoder().encode("id: 8\n\n"));
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("id: 8\n\n");
    await reader?.cancel();
  });

  it("refuses a Last-Event-ID that was never given out", async () => {
    expect((await send("/v1/things/1/events", { headers: { "last-event-id": "x" } })).status).toBe(400);
  });
});

describe("compose", () => {
  it("answers what the contract promises and no more", async () => {
    const response = await send("/v1/composed");
    expect([response.status, response.headers.get("location"), await response.json()]).toEqual([
      202,
      "/v1/x",
      { open: "yes" },
    ]);
    expect(response.headers.has("weft-x")).toBe(false);
  });

  it("fails rather than break the contract's promise", async () => {
    expect((await send("/v1/broken")).status).toBe(500);
  });
});
