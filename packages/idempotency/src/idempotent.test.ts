import { isMeshError, meshError, problemResponse } from "@weft/mesh";
import { Hono } from "hono";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { idempotent, type IdempotencyVariables } from "./idempotent.ts";
import { memoryStore } from "./memory-store.ts";

const LEASE = 30_000;
let now: number;
let effects: string[];
let waiting: Promise<unknown>[];
let store: ReturnType<typeof memoryStore>;
/** What the handler does, after its effect. */
let behave: (c: { var: IdempotencyVariables }) => Response | Promise<Response>;
/** What was given to replays. */
let given: string[];
let app: Hono<{ Variables: IdempotencyVariables }>;

beforeEach(() => {
  now = 1_000_000;
  effects = [];
  given = [];
  waiting = [];
  store = memoryStore(() => now);
  behave = () =>
    Response.json(
      { number: effects.length },
      { status: 201, headers: { location: "/things/1", date: "now" } },
    );
  app = new Hono<{ Variables: IdempotencyVariables }>();
  app.onError((error) => problemResponse(isMeshError(error) ? error : meshError("INTERNAL"), "t"));
  const once = idempotent({
    store: () => store,
    scope: (c) => c.req.header("authorization") ?? "nobody",
    docs: "/docs",
    carry: { take: () => `seen ${effects.length}`, give: (_, carried) => given.push(carried) },
    lease: LEASE,
  });
  const handle = (c: { var: IdempotencyVariables }) => {
    effects.push(c.var.execution.executionId);
    return behave(c);
  };
  app.post("/things", once, handle);
  app.post("/things/:id/end", once, handle);
});

interface Sent {
  body?: string;
  key?: string;
  user?: string;
  path?: string;
}

function send({ body = '{"a":1}', key = '"k1"', user = "ada", path = "/things" }: Sent = {}) {
  const ctx = {
    waitUntil: (work: Promise<unknown>) => void waiting.push(work),
    passThroughOnException: () => {},
    props: {},
  };
  const headers = new Headers({ authorization: user });
  if (key) headers.set("idempotency-key", key);
  return app.request(path, { method: "POST", body, headers }, {}, ctx) as Promise<Response>;
}
const code = async (response: Response) => ((await response.json()) as { code: string }).code;

describe("idempotent", () => {
  it("gives a replay what its answer had carried", async () => {
    await send();
    await send({ key: "k2" });
    expect(given).toEqual([]);
    await send();
    expect(given).toEqual(["seen 1"]);
  });

  it("links to its rules wherever it refuses a key, and nowhere else (I3, I4, I5, I6)", async () => {
    const refusals = [await send({ key: "" }), await send({ key: "a b" })];
    const begun = Promise.withResolvers<Response>();
    behave = () => begun.promise;
    const first = send();
    await vi.waitFor(() => expect(effects).toHaveLength(1));
    refusals.push(await send(), await send({ body: "{}" }));
    begun.resolve(Response.json({}, { status: 201 }));
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 409, 422]);
    for (const { headers } of refusals)
      expect(headers.get("link")).toBe('</docs>; rel="describedby"; type="text/html"');
    for (const answer of [await first, await send()]) expect(answer.headers.has("link")).toBe(false);
  });

  it("runs a request once and replays its answer byte for byte, without what belongs to one delivery (I7, I15)", async () => {
    behave = () =>
      new Response('{ "odd":  "spacing é" }', {
        status: 201,
        headers: { location: "/things/1", "set-cookie": "a=b" },
      });
    const first = await send();
    const again = await send();
    expect(effects).toHaveLength(1);
    expect(first.headers.has("idempotency-replayed")).toBe(false);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.status).toBe(201);
    expect(again.headers.get("location")).toBe("/things/1");
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(again.headers.has("set-cookie")).toBe(false);
    expect(await again.bytes()).toEqual(await first.bytes());
  });

  it("takes a quoted and a bare key, and another order of members, for the same request (I1, I19)", async () => {
    await send({ key: '"k1"', body: '{"a":1,"b":2}' });
    expect((await send({ key: "k1", body: '{ "b": 2, "a": 1 }' })).headers.get("idempotency-replayed")).toBe(
      "true",
    );
  });

  it("answers 400 without a usable key, before anything happens (I4, I10)", async () => {
    const missing = await send({ key: "" });
    expect([missing.status, await code(missing)]).toEqual([400, "IDEMPOTENCY_KEY_REQUIRED"]);
    const bad = await send({ key: '"un"finished"' });
    expect([bad.status, await code(bad)]).toEqual([400, "IDEMPOTENCY_KEY_INVALID"]);
    expect(store.records.size).toBe(0);
    expect(effects).toEqual([]);
  });

  it("answers 422 to another body, or the same operation on another thing, under the same key (I5)", async () => {
    await send();
    const other = await send({ body: '{"a":2}' });
    expect([other.status, await code(other)]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
    await send({ path: "/things/1/end", key: "k2" });
    expect((await send({ path: "/things/2/end", key: "k2" })).status).toBe(422);
    expect(effects).toHaveLength(2);
  });

  it("runs one of a hundred concurrent requests and answers 409 with Retry-After to the others (I6, I15)", async () => {
    const gate = Promise.withResolvers<void>();
    behave = () => gate.promise.then(() => Response.json({}, { status: 201 }));
    const answers = Array.from({ length: 100 }, () => send());
    await vi.waitFor(() => expect(effects).toHaveLength(1));
    gate.resolve();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(99);
    expect(effects).toHaveLength(1);
    const replays = await Promise.all(Array.from({ length: 100 }, async () => (await send()).text()));
    expect(new Set(replays)).toEqual(new Set(["{}"]));
  });

  it("tells the second of two to come back in a second", async () => {
    const gate = Promise.withResolvers<Response>();
    behave = () => gate.promise;
    const first = send();
    await vi.waitFor(() => expect(effects).toHaveLength(1));
    const second = await send();
    expect([second.status, second.headers.get("retry-after"), await code(second)]).toEqual([
      409,
      "1",
      "IDEMPOTENCY_KEY_IN_FLIGHT",
    ]);
    gate.resolve(Response.json({}));
    await first;
  });

  it("never shows one principal's answer to another (I11, I16)", async () => {
    await send({ user: "ada" });
    const other = await send({ user: "bob" });
    expect(other.headers.has("idempotency-replayed")).toBe(false);
    expect(new Set(effects).size).toBe(2);
  });

  it("keeps the keys of two operations apart", async () => {
    await send({ path: "/things" });
    await send({ path: "/things/1/end" });
    expect(effects).toHaveLength(2);
  });

  it.each([400, 401, 413, 415, 422, 429])("gives the key back after a %i (I17)", async (status) => {
    behave = () => new Response(null, { status });
    await send();
    expect(store.records.size).toBe(0);
    behave = () => new Response(null, { status: 201 });
    expect((await send({ body: '{"a":"mended"}' })).status).toBe(201);
  });

  it.each([402, 404, 409, 500, 503])("keeps a %i: effects may have begun", async (status) => {
    behave = () => Response.json({}, { status });
    await send();
    const again = await send();
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([status, "true"]);
    expect(effects).toHaveLength(1);
  });

  it("keeps the answer to an error that the handler threw", async () => {
    behave = () => {
      throw new Error("bug");
    };
    expect((await send()).status).toBe(500);
    expect((await send()).headers.get("idempotency-replayed")).toBe("true");
  });

  it("carries on with the same execution when the answer was marked resumable", async () => {
    behave = (c) => {
      c.var.execution.resumable();
      return Response.json({}, { status: 202 });
    };
    expect((await send()).status).toBe(202);
    behave = () => Response.json({}, { status: 201 });
    const again = await send();
    expect([again.status, again.headers.has("idempotency-replayed")]).toEqual([201, false]);
    expect((await send()).headers.get("idempotency-replayed")).toBe("true");
    expect(new Set(effects).size).toBe(1);
  });

  it("carries on after answers that are said to be resumable", async () => {
    const once = idempotent({
      store: () => store,
      scope: () => "ada",
      resumable: (c) => c.res.status >= 500,
    });
    app.post("/sagas", once, (c) => {
      effects.push(c.var.execution.executionId);
      return behave(c);
    });
    behave = () => Response.json({}, { status: 503 });
    expect((await send({ path: "/sagas" })).status).toBe(503);
    behave = () => Response.json({}, { status: 409 });
    expect((await send({ path: "/sagas" })).status).toBe(409);
    expect((await send({ path: "/sagas" })).headers.get("idempotency-replayed")).toBe("true");
    expect(effects).toHaveLength(2);
    expect(effects[1]).toBe(effects[0]);
  });

  it("gives the key back when the handler says that nothing was begun", async () => {
    behave = (c) => {
      c.var.execution.notStarted();
      return Response.json({}, { status: 503 });
    };
    await send();
    await send();
    expect(new Set(effects).size).toBe(2);
  });

  it("does not block for ever after a crash: the lease ends and the next request resumes (I13)", async () => {
    behave = () => new Promise(() => {});
    void send();
    await vi.waitFor(() => expect(effects).toHaveLength(1));
    now += LEASE - 1;
    expect((await send()).status).toBe(409);
    now += 1;
    behave = () => Response.json({}, { status: 201 });
    expect((await send()).status).toBe(201);
    expect(effects[1]).toBe(effects[0]);
  });

  it("has the same execution again when the work was done but not written down (I14)", async () => {
    const whole = store;
    const broken = {
      ...whole,
      getByName: (name: string) => ({
        ...whole.getByName(name),
        finish: () => Promise.reject(new Error("lost")),
      }),
    };
    const log = vi.spyOn(console, "error").mockReturnValue();
    store = broken;
    expect((await send()).status).toBe(201);
    expect(log).toHaveBeenCalledWith(expect.stringContaining("lost"));
    store = whole;
    now += LEASE;
    expect((await send()).status).toBe(201);
    expect(effects[1]).toBe(effects[0]);
    log.mockRestore();
  });

  it("answers 503 and does nothing when the store cannot be reached", async () => {
    const whole = store;
    store = {
      ...whole,
      getByName: (name: string) => ({
        ...whole.getByName(name),
        begin: () => Promise.reject(new Error("down")),
      }),
    };
    expect((await send()).status).toBe(503);
    expect(effects).toEqual([]);
  });

  it("lets the client try again at once when the key was claimed but the answer was lost", async () => {
    const whole = store;
    const losing = {
      ...whole,
      getByName: (name: string) => {
        const object = whole.getByName(name);
        const begin: typeof object.begin = async (claim) => {
          await object.begin(claim);
          throw new Error("connection lost");
        };
        return { ...object, begin };
      },
    };
    store = losing;
    expect((await send()).status).toBe(503);
    await Promise.all(waiting);
    store = whole;
    expect((await send()).status).toBe(201);
    expect(effects).toHaveLength(1);
  });

  it("finishes for a client that has gone away", async () => {
    const gate = Promise.withResolvers<Response>();
    behave = () => gate.promise;
    void send();
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    gate.resolve(Response.json({}, { status: 201 }));
    await Promise.all(waiting);
    expect((await send()).headers.get("idempotency-replayed")).toBe("true");
  });

  it("forgets a key a day after it was last used (I20)", async () => {
    await send();
    now += 24 * 60 * 60 * 1000;
    expect((await send({ body: '{"a":"new"}' })).status).toBe(201);
    expect(new Set(effects).size).toBe(2);
  });
});
