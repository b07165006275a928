import { describe, expect, it } from "vitest";
import * as z from "zod";
import { client } from "./client.ts";
import { type Context, rootContext } from "./context/context.ts";
import { newTrace } from "./context/trace.ts";
import { contract } from "./contract/contract.ts";
import { command, query } from "./contract/operation.ts";
import { MeshError, meshError } from "./error.ts";
import { outbound } from "./outbound.ts";
import { problemResponse } from "./problem.ts";
import { Callees } from "./outbound/callees.ts";
import type { Policies } from "./outbound/policies.ts";
import type { TimerRuntime } from "./runtime.ts";

const thing = z.object({ name: z.string() });
const shop = contract("shop", {
  get: query("GET /internal/things/:id", {
    input: z.object({ id: z.string() }),
    output: thing,
    timeout: 4_000,
    allow: [],
  }),
  add: command("POST /internal/things", { input: thing, output: thing, allow: [] }),
  put: command("PUT /internal/things", {
    input: thing,
    output: thing,
    errors: { NOT_YET: 409 },
    idempotent: true,
    allow: [],
  }),
  keyed: command("POST /internal/keyed", { input: thing, output: thing, keyed: "required", allow: [] }),
  quick: query("GET /internal/quick/:id", {
    input: z.object({ id: z.string() }),
    output: thing,
    tryTimeout: 300,
    allow: [],
  }),
  step: command("POST /internal/steps", { input: thing, output: thing, fenced: "do", allow: [] }),
});

/** A shop that gives the listed answers in turn, and a clock that moves only by sleeping. */
function shopThat(...answers: (() => Response | Promise<Response>)[]) {
  return shopWith({}, ...answers);
}

function shopWith(policies: Partial<Policies>, ...answers: (() => Response | Promise<Response>)[]) {
  const requests: Request[] = [];
  let time = 0;
  const runtime: TimerRuntime = {
    now: () => time,
    random: () => 0.5,
    sleep: async (ms) => void (time += ms),
    after: () => () => {},
  };
  const transport = {
    async fetch(request: Request) {
      requests.push(request);
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      if (!answer) throw new Error("no answer left");
      return answer();
    },
  };
  const callees = new Callees(policies);
  const path = outbound({ runtime, callees });
  const calls = (context: Partial<Context> = {}) =>
    client(shop, transport, rootContext(newTrace(), context), path);
  return { calls, requests, callees, now: () => time };
}

const generous: Partial<Policies> = { retry: { attempts: 3, tokens: 100, tokensPerSuccess: 0.1 } };
const ok = () => Response.json({ name: "it" });
const fail =
  (...[code, detail, options]: Parameters<typeof meshError>) =>
  () =>
    problemResponse(meshError(code, detail, options), "t");

describe("a call", () => {
  it("never leaves the isolate with input that the contract forbids", async () => {
    const { calls, requests } = shopThat(ok);
    await expect(calls().add({ name: 1 as unknown as string })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(requests).toHaveLength(0);
  });

  it.each<[string, string, () => Response | Promise<Response>]>([
    ["UNAVAILABLE", "shop.add answered 500.", () => new Response("secret at line 1", { status: 500 })],
    ["UNAVAILABLE", "shop.add did not answer JSON.", () => new Response("secret", { status: 200 })],
    ["UNAVAILABLE", "shop.add could not be reached.", () => Promise.reject(new Error("secret"))],
    [
      "DEADLINE_EXCEEDED",
      "shop.add did not answer in time.",
      () => Promise.reject(new DOMException("secret", "TimeoutError")),
    ],
  ])(
    "names a failure that is no problem document %s, and says of it no more than: %s",
    async (...failure) => {
      const [code, detail, answer] = failure;
      const { calls } = shopThat(answer);
      await expect(calls().add({ name: "x" })).rejects.toMatchObject({ code, detail });
    },
  );

  it("writes nothing into the context that it is made in, however often it is tried", async () => {
    const { calls, requests } = shopWith(generous, fail("UNAVAILABLE"), fail("UNAVAILABLE"), ok);
    const context = Object.freeze(rootContext(newTrace(), { hops: 2 }));
    await calls(context).get({ id: "1" });
    expect(requests.map(({ headers }) => headers.get("weft-hops"))).toEqual(["3", "3", "3"]);
    expect(requests.map(({ headers }) => headers.get("weft-depth"))).toEqual(["1", "1", "1"]);
  });

  it("carries one hop more each time and ends at the limit", async () => {
    const { calls, requests } = shopThat(ok);
    await calls({ hops: 15 }).get({ id: "1" });
    expect(requests[0]?.headers.get("weft-hops")).toBe("16");
    await expect(calls({ hops: 16 }).get({ id: "1" })).rejects.toMatchObject({ code: "HOP_LIMIT_EXCEEDED" });
  });
});

describe("depth", () => {
  it("grows with each nested call, and a fifth level is refused by name before anything is sent", async () => {
    const { calls, requests } = shopThat(ok);
    await calls({ depth: 3 }).get({ id: "1" });
    expect(requests[0]?.headers.get("weft-depth")).toBe("4");
    await expect(calls({ depth: 4 }).get({ id: "1" })).rejects.toMatchObject({
      code: "HOP_LIMIT_EXCEEDED",
      detail: "shop.get would be nested 5 deep; at most 4 calls may wait for one another.",
    });
    expect(requests).toHaveLength(1);
  });
});

describe("deadline", () => {
  it("sends the smaller of the caller's remaining time and the operation's timeout", async () => {
    const { calls, requests } = shopThat(ok);
    await calls({ deadline: 400 }).get({ id: "1" });
    await calls({ deadline: 9_000 }).get({ id: "1" });
    expect(requests.map((request) => request.headers.get("weft-remaining-ms"))).toEqual(["400", "4000"]);
  });

  it("does not call when no time is left", async () => {
    const { calls, requests } = shopThat(ok);
    await expect(calls({ deadline: 0 }).get({ id: "1" })).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    expect(requests).toHaveLength(0);
  });
});

describe("retry", () => {
  it("repeats a safe call until it works, marked as a retry", async () => {
    const { calls, requests } = shopWith(generous, fail("UNAVAILABLE"), fail("UNAVAILABLE"), ok);
    expect(await calls().get({ id: "1" })).toEqual({ name: "it" });
    expect(requests.map((request) => request.headers.has("weft-retrying"))).toEqual([false, true, true]);
  });

  it("gives up after three tries", async () => {
    const { calls, requests } = shopWith(generous, fail("UNAVAILABLE"));
    await expect(calls().get({ id: "1" })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(requests).toHaveLength(3);
  });

  it("repeats an idempotent command, never a plain one nor a saga step", async () => {
    for (const [name, tries] of [
      ["put", 2],
      ["add", 1],
      ["step", 1],
    ] as const) {
      const { calls, requests } = shopThat(fail("UNAVAILABLE"));
      await expect(calls()[name]({ name: "x" })).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect({ name, tries: requests.length }).toEqual({ name, tries });
    }
  });

  it("does not repeat what the contract foresees as an answer, retryable or not", async () => {
    const notYet = new MeshError("NOT_YET", { status: 409, retryable: true });
    const { calls, requests } = shopThat(() => problemResponse(notYet, "t"));
    await expect(calls().put({ name: "it" })).rejects.toMatchObject({ code: "NOT_YET", retryable: true });
    expect(requests).toHaveLength(1);
  });

  it("leaves retrying to the outer layer that is already doing it", async () => {
    const { calls, requests } = shopThat(fail("UNAVAILABLE"));
    await expect(calls({ retrying: true }).get({ id: "1" })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(requests).toHaveLength(1);
  });

  it("waits as long as Retry-After says, unless the deadline comes first", async () => {
    const patient = shopThat(fail("RATE_LIMITED", "", { retryAfter: 1 }), ok);
    await patient.calls().get({ id: "1" });
    expect(patient.now()).toBe(1_500);
    const hurried = shopThat(fail("RATE_LIMITED", "", { retryAfter: 4 }), ok);
    await expect(hurried.calls().get({ id: "1" })).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect(hurried.requests).toHaveLength(1);
  });
});

describe("retry within its budget", () => {
  it("adds one try to a fresh isolate's first failing call, and then none", async () => {
    const { calls, requests } = shopThat(fail("UNAVAILABLE"));
    for (let n = 0; n < 3; n++)
      await expect(calls().get({ id: "1" })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(requests).toHaveLength(4);
  });

  it("obeys a callee that says never", async () => {
    const { calls, requests } = shopThat(fail("UNAVAILABLE", "", { retryAfter: -1 }));
    await expect(calls().get({ id: "1" })).rejects.toMatchObject({ retryAfter: -1 });
    expect(requests).toHaveLength(1);
  });

  it("repeats a command with a key", async () => {
    const { calls, requests } = shopThat(fail("UNAVAILABLE"), ok);
    await calls().keyed({ name: "x" }, { idempotencyKey: "k" });
    expect(requests).toHaveLength(2);
  });

  it("ends a try at its own limit and spends the rest on another", async () => {
    const { calls, requests } = shopThat(ok);
    await calls({ deadline: 1_000 }).quick({ id: "1" });
    expect(requests[0]?.headers.get("weft-remaining-ms")).toBe("300");
  });
});

describe("fallback", () => {
  it("answers for a callee that fails", async () => {
    const { calls } = shopThat(fail("UNAVAILABLE"));
    expect(await calls().get({ id: "1" }, { fallback: { name: "unknown" } })).toEqual({ name: "unknown" });
  });

  it("does not hide an answer that the contract foresees", async () => {
    const { calls } = shopThat(fail("NOT_FOUND"));
    await expect(calls().get({ id: "1" }, { fallback: { name: "unknown" } })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
