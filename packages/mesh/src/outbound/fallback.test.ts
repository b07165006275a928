import { beforeEach, describe, expect, it, vi } from "vitest";
import { rootContext } from "../context/context.ts";
import { newTrace } from "../context/trace.ts";
import type { Outbound } from "./call.ts";
import { fallback } from "./fallback.ts";
import { fail, ok, type Reply, shop, stage } from "./fixture.ts";

const id = { id: "1" };
const unknown = { name: "unknown" };
const host = { service: "gateway", env: {}, waitUntil: () => {} };

let lines: Record<string, unknown>[];
beforeEach(() => {
  lines = [];
  for (const method of ["log", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(JSON.parse(line)));
});

describe("a fallback", () => {
  it.each<[Reply, string, RegExp | undefined]>([
    [fail("INTERNAL"), "INTERNAL", undefined],
    [fail("RATE_LIMITED"), "RATE_LIMITED", undefined],
    [() => new Response("<h1>Bad Gateway</h1>", { status: 502 }), "UNAVAILABLE", /shop.get answered 502/],
    [() => Promise.reject(new Error("connection refused")), "UNAVAILABLE", /connection refused/],
  ])("never hides an error without saying which one: %#", async (reply, code, cause) => {
    const { calls, world, observations, callees } = stage({ host, retry: false });
    world.reply = reply;
    expect(await calls().get(id, { fallback: unknown })).toEqual(unknown);
    const trace = observations[0]?.trace;
    expect(lines).toMatchObject([
      {
        level: code === "INTERNAL" ? "error" : "warn",
        message: "degraded",
        service: "gateway",
        operation: "shop.get",
        traceId: trace,
        code,
        ...(cause && { cause: expect.stringMatching(cause) }),
      },
    ]);
    expect(observations).toMatchObject([
      { kind: "attempt", code },
      { kind: "route", code, degraded: true },
    ]);
    expect(callees.tracks.get("shop.get")?.counters).toMatchObject({ degraded: 1, failed: 0 });
  });

  it("tells of the circuit that held the call back", async () => {
    const { repeat, calls } = stage({ host });
    await repeat(7, fail("UNAVAILABLE"));
    await calls().get(id, { fallback: unknown });
    expect(lines).toMatchObject([{ message: "degraded", code: "CIRCUIT_OPEN" }]);
  });

  it("takes a bug in the call path for one", async () => {
    const bug = new TypeError("undefined is not a function");
    const call = {
      operation: shop.operations.get,
      context: rootContext(newTrace()),
      fallback: () => unknown,
    };
    const answer = await fallback(() => Promise.reject(bug))(call as unknown as Outbound);
    expect(answer).toMatchObject({ body: unknown, degraded: true });
    expect(lines).toMatchObject([{ level: "error", code: "INTERNAL", cause: bug.message }]);
  });

  it("is silent where nothing is hidden: a good answer, and one that the contract foresees", async () => {
    const { calls, world } = stage({ host });
    world.reply = ok;
    await calls().get(id, { fallback: unknown });
    world.reply = fail("NOT_FOUND");
    await expect(calls().get(id, { fallback: unknown })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(lines).toEqual([]);
  });

  it.each([
    ["here", { hops: 16 }, ok],
    ["further on", {}, fail("HOP_LIMIT_EXCEEDED")],
  ])("does not hide that a chain of calls is too long, %s", async (_, context, reply) => {
    const { calls, world } = stage({ host });
    world.reply = reply;
    await expect(calls(context).get(id, { fallback: unknown })).rejects.toMatchObject({
      code: "HOP_LIMIT_EXCEEDED",
    });
  });
});
