import * as z from "zod";
import { verify } from "hono/utils/jwt/jwt";
import { describe, expect, it, vi } from "vitest";
import { contract } from "../contract/contract.ts";
import { command, query } from "../contract/operation.ts";
import { Balancer } from "../resilience/balancer.ts";
import { httpService, type Surroundings } from "./http-service.ts";
import type { Endpoint } from "./registration.ts";
import { snapshotOf } from "./snapshot.ts";

const allow = ["shipping"];
const rates = contract("rates", {
  find: query("GET /internal/quotes/:id", { output: z.unknown(), allow }),
  quote: command("POST /internal/quotes", { output: z.unknown(), idempotent: true, allow }),
  book: command("POST /internal/bookings", { output: z.unknown(), allow }),
});

const endpoint = (id: string, changes: Partial<Endpoint> = {}): Endpoint => ({
  id,
  url: `http://${id}`,
  version: "1",
  weight: 1,
  healthy: true,
  ...changes,
});

type Answer = (request: Request) => Response | Promise<Response>;
const ok: Answer = () => new Response("{}");
const gone: Answer = () => {
  throw new Error("connection refused");
};

/** The service's transport between a registry and instances that answer as given, by host. */
function scene(endpoints: Endpoint[], answers: Record<string, Answer> = {}) {
  const seen: Request[] = [];
  const pending: Promise<unknown>[] = [];
  const now = Date.now();
  const state = { now, draws: 0, asked: 0, endpoints, answers, key: "k1", registryUp: true };
  const service = httpService(rates, {
    runtime: { now: () => state.now, random: () => (state.draws++ % 7) / 7 },
    send: async (url, init) => {
      const request = new Request(url, init);
      seen.push(request);
      return (state.answers[new URL(url).host] ?? ok)(request);
    },
  });
  const surroundings: Surroundings = {
    caller: "shipping",
    waitUntil: (work) => void pending.push(work),
    load: async ({ version }) => {
      state.asked++;
      if (!state.registryUp) throw new Error("registry unavailable");
      return snapshotOf(state.endpoints, state.key, version);
    },
  };
  return {
    state,
    seen,
    hosts: () => seen.map(({ url }) => new URL(url).host),
    settle: () => Promise.all(pending.splice(0)),
    call: (path = "/internal/quotes", init: RequestInit = { method: "POST", body: "{}" }) =>
      service.transport(surroundings).fetch(new Request(`http://mesh${path}`, init)),
  };
}

describe("the registry's snapshot", () => {
  it("is waited for by the first call alone, and renewed beside a call once it is 5 s old", async () => {
    const { state, call, settle } = scene([endpoint("a")]);
    await Promise.all([call(), call()]);
    expect(state.asked).toBe(1);
    state.now += 4_999;
    await call();
    expect(state.asked).toBe(1);
    state.now += 1;
    state.endpoints = [endpoint("b")];
    expect((await call()).status).toBe(200);
    await settle();
    expect(state.asked).toBe(2);
  });

  it("takes over who came, and forgets who went", async () => {
    const { state, call, settle, hosts } = scene([endpoint("a")]);
    await call();
    state.now += 5_000;
    state.endpoints = [endpoint("b")];
    await call();
    await settle();
    await call();
    expect(hosts()).toEqual(["a", "a", "b"]);
  });

  it("keeps serving while the registry is away, which is asked once a second at most", async () => {
    const { state, call, settle, hosts } = scene([endpoint("a")]);
    await call();
    state.registryUp = false;
    for (let n = 0; n < 100; n++) {
      state.now += 100;
      expect((await call()).status).toBe(200);
      await settle();
    }
    expect(hosts()).toHaveLength(101);
    expect(state.asked).toBeLessThanOrEqual(8);
  });

  it("is asked for again a second after it named nobody or failed", async () => {
    const { state, call, settle } = scene([]);
    await expect(call()).rejects.toMatchObject({ code: "NO_INSTANCE", retryable: true });
    state.endpoints = [endpoint("a")];
    state.now += 1_000;
    await call().catch(() => undefined);
    await settle();
    expect((await call()).status).toBe(200);
    const dark = scene([endpoint("a")]);
    dark.state.registryUp = false;
    await expect(dark.call()).rejects.toMatchObject({ code: "NO_INSTANCE" });
    await expect(dark.call()).rejects.toMatchObject({ code: "NO_INSTANCE" });
    expect(dark.state.asked).toBe(1);
    dark.state.registryUp = true;
    dark.state.now += 1_000;
    expect((await dark.call()).status).toBe(200);
  });

  it("takes an instance that active checks found sick out of the rotation", async () => {
    const { call, hosts } = scene([endpoint("a", { healthy: false }), endpoint("b")]);
    for (let n = 0; n < 10; n++) await call();
    expect(new Set(hosts())).toEqual(new Set(["b"]));
  });
});

const edgeAnswers =
  (status: number): Answer =>
  () =>
    new Response(`error code: ${status}`, { status });

describe("an instance that cannot be reached", () => {
  it.each<[string, Answer]>([
    ["the runtime's error", gone],
    ...[520, 521, 522, 523, 525, 526, 530].map((status): [string, Answer] => [
      `${status}`,
      edgeAnswers(status),
    ]),
  ])("costs no call that may be repeated, and is left alone afterwards (%s)", async (_, unreachable) => {
    const { state, call, hosts, seen } = scene([endpoint("a"), endpoint("b")], { a: unreachable });
    for (let n = 0; n < 20; n++) expect((await call()).status).toBe(200);
    expect(hosts().filter((host) => host === "a")).toHaveLength(1);
    const last = seen.at(-1);
    expect(await last?.text()).toBe("{}");
    state.answers = { b: gone };
    expect((await call("/internal/quotes/7?full=1", { method: "GET" })).status).toBe(200);
    expect(seen.at(-1)?.url).toBe("http://a/internal/quotes/7?full=1");
  });

  it.each<[string, Answer]>([
    ["the runtime's error", gone],
    ["521", edgeAnswers(521)],
  ])("fails a call that may not be repeated: it may have had its effect (%s)", async (_, unreachable) => {
    const { call, seen } = scene([endpoint("a"), endpoint("b")], { a: unreachable, b: unreachable });
    await expect(call("/internal/bookings")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(seen).toHaveLength(1);
  });

  it("counts once, even if the edge's page cannot be dropped", async () => {
    const done = vi.spyOn(Balancer.prototype, "done");
    const stuck: Answer = () => {
      const page = new ReadableStream({ cancel: () => Promise.reject(new Error("connection lost")) });
      return new Response(page, { status: 521 });
    };
    const { call, hosts } = scene([endpoint("a")], { a: stuck });
    await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(hosts()).toEqual(["a"]);
    expect(done.mock.calls.map(([, outcome]) => outcome)).toEqual(["unreachable"]);
    done.mockRestore();
  });

  it("makes the registry be asked again, early", async () => {
    const { state, call, settle } = scene([endpoint("a"), endpoint("b")], { a: gone, b: gone });
    await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await settle();
    state.endpoints = [endpoint("c")];
    state.now += 1_000;
    await call().catch(() => undefined);
    await settle();
    expect((await call()).status).toBe(200);
  });

  it("is not one that answers with an error of its own", async () => {
    const { call, seen } = scene([endpoint("a"), endpoint("b")], {
      a: edgeAnswers(500),
      b: edgeAnswers(500),
    });
    expect((await call()).status).toBe(500);
    expect(seen).toHaveLength(1);
  });

  it("is tried at three addresses at most", async () => {
    const all = ["a", "b", "c", "d", "e"];
    const { call, seen } = scene(
      all.map((id) => endpoint(id)),
      Object.fromEntries(all.map((id) => [id, gone])),
    );
    await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(seen).toHaveLength(3);
  });
});

describe("what an instance is told", () => {
  it("is who calls, signed; not for whom", async () => {
    const { call, seen } = scene([endpoint("a", { url: "http://a/base/" })]);
    const headers = { "weft-principal": "forged", authorization: "Bearer forged", "idempotency-key": "k" };
    await call("/internal/quotes", { method: "POST", body: "{}", headers });
    const [request] = seen;
    expect(request?.url).toBe("http://a/base/internal/quotes");
    expect(request?.headers.get("weft-principal")).toBeNull();
    expect(request?.headers.get("idempotency-key")).toBe("k");
    expect(request?.redirect).toBe("manual");
    const token = request?.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    expect(await verify(token, "k1", { alg: "HS256", iss: "weft", aud: "rates" })).toMatchObject({
      sub: "shipping",
    });
  });

  it("that does not believe it is unavailable, until the registry has told the new key", async () => {
    const { state, call, settle } = scene([endpoint("a")]);
    state.answers.a = async ({ headers }) => {
      const token = headers.get("authorization")?.replace("Bearer ", "") ?? "";
      const good = await verify(token, "k2", "HS256").catch(() => undefined);
      return new Response("{}", { status: good ? 200 : 401 });
    };
    await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    state.key = "k2";
    state.now += 1_000;
    await call().catch(() => undefined);
    await settle();
    expect((await call()).status).toBe(200);
  });
});

describe("a caller's own end", () => {
  it("is not held against the instance, nor sent to another one", async () => {
    const { call, seen } = scene([endpoint("a"), endpoint("b")], {
      a: ({ signal }) => Promise.reject(signal.reason as Error),
      b: ({ signal }) => Promise.reject(signal.reason as Error),
    });
    const init = { method: "POST", body: "{}", signal: AbortSignal.abort() };
    await expect(call("/internal/quotes", init)).rejects.toMatchObject({ name: "AbortError" });
    expect(seen).toHaveLength(1);
  });
});
