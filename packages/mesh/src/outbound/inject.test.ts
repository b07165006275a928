import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { type Context, rootContext } from "../context/context.ts";
import { newTrace } from "../context/trace.ts";
import { contract } from "../contract/contract.ts";
import { query } from "../contract/operation.ts";
import { FaultBoard } from "../faults/board.ts";
import type { FaultRule } from "../faults/rule.ts";
import type { Answer, Outbound } from "./call.ts";
import { ok, stage } from "./fixture.ts";
import { inject } from "./inject.ts";

const { get, list } = contract("inventory", {
  get: query("GET /internal/stock", { output: z.object({}), allow: [] }),
  list: query("GET /internal/stocks", { output: z.object({}), allow: [] }),
}).operations;
const answer: Answer = { status: 200, headers: new Headers(), body: "real", degraded: false };
const abort: FaultRule = {
  edge: { from: "gateway", to: "inventory" },
  fault: { kind: "abort", code: "UNAVAILABLE" },
  percentage: 100,
  until: 10_000,
};

/** An isolate of the gateway that has read the rules already, and a clock that moves by sleeping. */
async function isolate(rules: readonly FaultRule[], env: object = { WEFT_FAULTS: "on" }) {
  let time = 0;
  let chance = 0;
  const read = vi.fn<() => Promise<readonly FaultRule[]>>(async () => rules);
  const board = new FaultBoard(read);
  const pending: Promise<unknown>[] = [];
  const host = { service: "gateway", env, waitUntil: (work: Promise<unknown>) => void pending.push(work) };
  const reached = vi.fn<(call: Outbound) => Promise<Answer>>(async () => answer);
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    time += ms;
  };
  const runtime = { now: () => time, random: () => chance, sleep };
  const layer = inject(board, runtime)(reached);
  const send = async (parts: Partial<Outbound> = {}, context: Partial<Context> = {}) =>
    layer({ operation: get, host, context: rootContext(newTrace(), context), ...parts } as Outbound);
  board.rules(host, 0);
  await Promise.all(pending);
  return {
    send,
    reached,
    read,
    now: () => time,
    at: (ms: number) => (time = ms),
    draw: (value: number) => (chance = value),
    settled: () => Promise.all(pending),
  };
}

describe("an injected fault", () => {
  it("aborts calls of its edge with its code, before they leave", async () => {
    const { send, reached } = await isolate([abort]);
    await expect(send()).rejects.toMatchObject({ code: "UNAVAILABLE", status: 503 });
    expect(reached).not.toHaveBeenCalled();
  });

  it("is in the log with its call's trace, so that nobody takes it for a real one", async () => {
    const written = vi.spyOn(console, "log").mockImplementation(() => {});
    const { send } = await isolate([abort]);
    const trace = newTrace();
    await expect(send({ context: rootContext(trace) })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown);
    written.mockRestore();
    expect(lines).toEqual([
      {
        level: "warn",
        message: "injected",
        service: "gateway",
        operation: get.id,
        traceId: trace.traceId,
        ...abort.fault,
      },
    ]);
  });

  it("holds nobody who goes away", async () => {
    const { send, now, reached } = await isolate([{ ...abort, fault: { kind: "delay", ms: 300 } }]);
    await expect(send({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
    expect([now(), reached.mock.calls.length]).toEqual([0, 0]);
  });

  it("is felt on the whole call path, inside everything that protects calls", async () => {
    const rules = vi.fn<() => Promise<FaultRule[]>>(async () => [
      { ...abort, edge: { from: "gateway", to: "shop" }, until: Number.MAX_SAFE_INTEGER },
    ]);
    vi.stubGlobal("caches", { default: { match: async () => undefined, put: async () => {} } });
    const pending: Promise<unknown>[] = [];
    const host = {
      service: "gateway",
      env: { WEFT_FAULTS: "on", FAULTS: { getByName: () => ({ rules }) } },
      waitUntil: (work: Promise<unknown>) => void pending.push(work),
    };
    const { repeat, requests } = stage({ host });
    expect(await repeat(1, ok)).toEqual(["OK"]);
    await Promise.all(pending);
    const codes = await repeat(9, ok);
    vi.unstubAllGlobals();
    expect(codes).toEqual([...Array(7).fill("UNAVAILABLE"), "CIRCUIT_OPEN", "CIRCUIT_OPEN"]);
    expect(requests).toHaveLength(1);
  });

  it.each<[string, Partial<FaultRule>]>([
    ["another caller's", { edge: { from: "checkout", to: "inventory" } }],
    ["another callee's", { edge: { from: "gateway", to: "catalog" } }],
    ["another operation's", { edge: { from: "gateway", to: "inventory", operation: list.id } }],
    ["over", { until: 0 }],
  ])("that is %s does nothing", async (_, change) => {
    const { send } = await isolate([{ ...abort, ...change }]);
    expect(await send()).toBe(answer);
  });

  it("ends at its time, even if nobody can read the rules any more", async () => {
    const { send, at, read, settled } = await isolate([abort]);
    read.mockRejectedValue(new Error("unreachable"));
    at(9_998);
    await expect(send()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await settled();
    at(9_999);
    await expect(send()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    at(10_000);
    expect(await send()).toBe(answer);
  });

  it("hits as many calls as its percentage says", async () => {
    const { send, draw } = await isolate([{ ...abort, percentage: 50 }]);
    draw(0.49);
    await expect(send()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    draw(0.5);
    expect(await send()).toBe(answer);
  });

  it("delays calls, but none beyond its deadline", async () => {
    const { send, now, reached } = await isolate([{ ...abort, fault: { kind: "delay", ms: 300 } }]);
    expect(await send({}, { deadline: 1_000 })).toBe(answer);
    expect(now()).toBe(300);
    await expect(send({}, { deadline: 500 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(now()).toBe(500);
    expect(reached).toHaveBeenCalledTimes(1);
  });
});

describe("the rules", () => {
  it("are never waited for, and read at most once a second however many calls there are", async () => {
    const { send, read, at, settled } = await isolate([]);
    read.mockReturnValueOnce(new Promise(() => {}));
    at(1_000);
    for (let n = 0; n < 100; n++) expect(await send()).toBe(answer);
    expect(read).toHaveBeenCalledTimes(2);
    void settled();
  });

  it("are not even asked for where the Worker does not take faults", async () => {
    const { send, read, at } = await isolate([abort], {});
    at(5_000);
    expect(await send()).toBe(answer);
    expect(await send({ host: undefined })).toBe(answer);
    expect(read).toHaveBeenCalledTimes(1);
  });
});
