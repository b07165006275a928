import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { rootContext } from "./context/context.ts";
import { writeContext } from "./context/headers.ts";
import { newTrace } from "./context/trace.ts";
import { contract } from "./contract/contract.ts";
import { command, query } from "./contract/operation.ts";
import type { Plugin, Work } from "./scope.ts";
import { respond } from "./reply.ts";
import { service } from "./service.ts";

const shop = contract("shop", {
  get: query("GET /internal/things/:id", {
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
    allow: ["gateway"],
  }),
  mine: query("GET /internal/mine", { output: z.object({}), auth: "user", allow: ["gateway"] }),
  all: query("GET /internal/all", { output: z.object({}), auth: "operator", allow: ["gateway"] }),
  crash: command("POST /internal/crash", { output: z.object({}), allow: ["gateway"] }),
});

const opened = vi.fn<(operation: string | undefined) => void>();
const equipment: Plugin<{ greeting: string }> = {
  resources: () => ({ greeting: "hello" }),
  layer: (next) => (call) => {
    opened(call.operation?.id);
    return next(call);
  },
};

const worker = service(shop, {
  use: [equipment],
  handlers: {
    get: async ({ input, greeting }) =>
      respond({ id: input.id, secret: greeting } as { id: string }, { headers: { location: "/x" } }),
    mine: async () => ({}),
    all: async () => ({}),
    crash: async () => {
      throw new Error("password is hunter2");
    },
  },
});

async function send(
  path: string,
  {
    caller = "gateway",
    method = "GET",
    scopes,
    remaining = 1_000,
    env = {},
  }: {
    caller?: string;
    method?: string;
    scopes?: string[];
    remaining?: number;
    env?: object;
  } = {},
) {
  const headers = new Headers();
  const principal = scopes && { sub: "usr_1", scopes };
  writeContext(headers, rootContext(newTrace(), { principal, deadline: remaining }), 0);
  const ctx = { props: caller ? { caller } : {}, waitUntil() {}, passThroughOnException() {} };
  const fetch = worker.fetch as unknown as (request: Request, env: object, ctx: object) => Promise<Response>;
  const response = await fetch(new Request(`http://mesh${path}`, { method, headers }), env, ctx);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe("service", () => {
  it.each<[string, Parameters<typeof send>[1], number]>([
    ["/internal/things/1", {}, 200],
    ["/internal/things/1", { caller: "stranger" }, 403],
    ["/internal/crash", { method: "POST" }, 500],
    ["/nowhere", {}, 404],
  ])("names the version that serves, whatever it answers (%s, %j)", async (path, options, expected) => {
    const { status, headers } = await send(path, { ...options, env: { VERSION: { id: "v7" } } });
    expect([status, headers.get("weft-version")]).toEqual([expected, "v7"]);
    expect((await send(path, options)).headers.has("weft-version")).toBe(false);
  });

  it("answers with what the contract promises and nothing else", async () => {
    const { status, headers, body } = await send("/internal/things/a%20b");
    expect({ status, body, location: headers.get("location") }).toEqual({
      status: 200,
      body: { id: "a b" },
      location: "/x",
    });
  });

  it.each(["stranger", ""])(
    "refuses the caller %j before any of the service's equipment is touched",
    async (caller) => {
      opened.mockClear();
      expect(await send("/internal/things/a", { caller })).toMatchObject({
        status: 403,
        body: { code: "CALLER_NOT_ALLOWED" },
      });
      expect(opened).not.toHaveBeenCalled();
    },
  );

  it("does not even read what a stranger claims to be", async () => {
    const fetch = worker.fetch as unknown as (
      request: Request,
      env: object,
      ctx: object,
    ) => Promise<Response>;
    const request = new Request("http://mesh/internal/mine", { headers: { "weft-principal": "%" } });
    const response = await fetch(request, {}, { props: {}, waitUntil() {}, passThroughOnException() {} });
    expect(await response.json()).toMatchObject({ code: "CALLER_NOT_ALLOWED" });
  });

  it("asks for a signed-in user, or for an operator, where the contract does", async () => {
    expect((await send("/internal/mine")).status).toBe(401);
    expect((await send("/internal/mine", { scopes: [] })).status).toBe(200);
    expect((await send("/internal/all", { scopes: [] })).status).toBe(403);
    expect((await send("/internal/all", { scopes: ["operator"] })).status).toBe(200);
  });

  it("refuses work whose caller has stopped waiting", async () => {
    expect(await send("/internal/things/a", { remaining: 0 })).toMatchObject({
      status: 504,
      body: { code: "DEADLINE_EXCEEDED" },
    });
  });

  it("hides what an unexpected error says", async () => {
    const { status, body } = await send("/internal/crash", { method: "POST" });
    expect(status).toBe(500);
    expect(body.code).toBe("INTERNAL");
    expect(body.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });

  it("answers an unknown path with a problem document", async () => {
    expect(await send("/nowhere")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });

  it("reports its health", async () => {
    expect(await send("/internal/health")).toMatchObject({ status: 200, body: { status: "UP" } });
  });
});

it("work that nobody waits for is the first to be refused", async () => {
  const priorities: unknown[] = [];
  const note = async (_: unknown, work: Work) => void priorities.push(work.open().scope.context.priority);
  const plugin: Plugin = { queue: note, scheduled: note };
  const nothing = contract("nothing", {});
  const { queue, scheduled } = service(nothing, { use: [plugin], handlers: {} });
  const ctx = { waitUntil() {} };
  await queue?.({} as never, {} as never, ctx as never);
  await scheduled?.({} as never, {} as never, ctx as never);
  expect(priorities).toEqual(["background", "background"]);
});

it("keeps the invocation until the call is answered, so that a caller who leaves takes nothing along", async () => {
  const gate = Promise.withResolvers<Record<string, never>>();
  const slow = contract("slow", {
    get: query("GET /internal/slow", { output: z.object({}), allow: ["gateway"] }),
  });
  const { fetch } = service(slow, { use: [], handlers: { get: () => gate.promise } });
  const kept: Promise<unknown>[] = [];
  const ctx = { props: { caller: "gateway" }, waitUntil: (work: Promise<unknown>) => void kept.push(work) };
  const answer = fetch?.(new Request("http://mesh/internal/slow") as never, {} as never, ctx as never);
  expect(await Promise.race([...kept, Promise.resolve("still kept")])).toBe("still kept");
  expect(kept).toHaveLength(1);
  gate.resolve({});
  expect((await answer)?.status).toBe(200);
  expect(await kept[0]).toMatchObject({ status: 200 });
});
