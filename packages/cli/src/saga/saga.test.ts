import { describe, expect, it } from "vitest";
import { CommandError } from "../command-error.ts";
import { saga } from "./saga.ts";

/** Runs the command against an API that gives this answer; `--x=a b` may hold spaces. */
async function run(args: string[], answer: unknown = {}) {
  const asked: unknown[] = [];
  const printed: string[] = [];
  const code = await saga(args, {
    api: () => async (method, path, parts) => {
      asked.push([method, path, parts?.body ?? parts?.query]);
      return answer;
    },
    print: (text) => printed.push(text),
    newId: () => "req-1",
    now: () => Date.parse("2026-11-21T12:00:10.000Z"),
  });
  return { code, text: printed.join("\n"), asked };
}

const row = {
  id: "ord_1",
  definition: "place-order",
  version: 2,
  hash: "abc",
  state: "RUNNING",
  parked: true,
  startedAt: "2026-11-21T12:00:00.000Z",
  updatedAt: "2026-11-21T12:00:01.000Z",
  dueAt: null,
};
const needs = { items: [{ definition: "place-order", version: 2, hash: "abc", sagas: 3 }] };

describe("weft saga", () => {
  it("lists sagas by filters, and says how to go on", async () => {
    const page = { items: [row], nextCursor: "next" };
    const { text, asked } = await run(["list", "--state", "RUNNING", "--parked", "--older-than", "60"], page);
    expect(asked).toEqual([
      ["GET", "/sagas", expect.objectContaining({ state: "RUNNING", parked: "true", olderThan: "60" })],
    ]);
    expect(text).toContain("ord_1  place-order@2  RUNNING  parked");
    expect(text).toContain("--cursor next");
  });

  it("says when a saga goes on: now, if the index knows of no wait", async () => {
    const [past, later] = ["2026-11-21T12:00:05.000Z", "2026-11-21T12:00:20.000Z"];
    const items = [past, later].map((dueAt) => ({ ...row, dueAt }));
    const { text } = await run(["list"], { items, nextCursor: null });
    const last = text.split("\n").map((line) => line.trim().split(/ +/).at(-1));
    expect(last.slice(-2)).toEqual(["now", later]);
  });

  it("shows the timeline and the log", async () => {
    const detail = {
      ...row,
      parked: ["mail"],
      failure: { code: "OUT_OF_STOCK", step: "reserve" },
      timeline: [
        { step: "create", phase: "do", attempt: 1, from: row.startedAt, to: row.updatedAt, outcome: "done" },
      ],
      log: [{ at: row.startedAt, type: "ordered", actor: "ops" }],
    };
    const { text } = await run(["show", "ord_1"], detail);
    expect(text).toContain("went back at reserve: OUT_OF_STOCK");
    expect(text).toMatch(/create +do +1 .*1000 ms +done/);
    expect(text).toContain('{"actor":"ops"}');
    expect(JSON.parse((await run(["show", "ord_1", "--json"], detail)).text)).toEqual(detail);
  });

  it.each([
    [["retry"], { verb: "retry" }],
    [["retry", "--step", "pack[1]"], { verb: "retry", step: "pack[1]" }],
    [["skip", "--step", "mail", "--output", '{"id":1}'], { verb: "skip", step: "mail", output: { id: 1 } }],
    [["fail"], { verb: "fail" }],
    [["cancel"], { verb: "cancel" }],
    [["complete"], { verb: "complete" }],
    [["compensated", "--step", "hold"], { verb: "compensated", step: "hold" }],
    [["kill"], { verb: "kill" }],
    [["migrate", "--to", "3"], { verb: "migrate", version: 3 }],
  ])("gives the order %j under a request id, with its reason", async ([verb = "", ...rest], order) => {
    const { asked, text } = await run([verb, "ord_1", ...rest, "--reason", "why not"], row);
    expect(asked).toEqual([
      ["POST", "/sagas/ord_1/orders", { requestId: "req-1", reason: "why not", order }],
    ]);
    expect(text).toContain("ord_1 is RUNNING");
  });

  it("brings a wait its signal, and says whether anybody hears it", async () => {
    const told = { id: "ord_1", step: "packed[1]", heard: "late" };
    const args = [
      "signal",
      "ord_1",
      "--step",
      "packed[1]",
      "--payload",
      '{"by":"ann"}',
      "--reason",
      "by phone",
    ];
    const { asked, text } = await run(args, told);
    expect(asked).toEqual([
      [
        "POST",
        "/sagas/ord_1/signals/packed%5B1%5D",
        { requestId: "req-1", reason: "by phone", payload: { by: "ann" } },
      ],
    ]);
    expect(text).toContain("packed[1] of ord_1 is over or has its signal");
  });

  it("repeats an order under the request id that it is given", async () => {
    const { asked } = await run(["kill", "ord_1", "--reason", "x", "--request", "mine"], row);
    expect(asked).toEqual([["POST", expect.any(String), expect.objectContaining({ requestId: "mine" })]]);
  });

  it("keeps a deployment back while live sagas need what it would remove", async () => {
    expect((await run(["needs"], needs)).code).toBe(0);
    expect((await run(["needs", "place-order@2"], needs)).code).toBe(1);
    expect(await run(["needs", "place-order@1"], needs)).toMatchObject({
      code: 0,
      text: "No live saga needs it.",
    });
    expect(await run(["needs", "plaec-order@1"], { items: [] })).toMatchObject({
      code: 0,
      text: expect.stringContaining('None of "plaec-order" is known'),
    });
  });

  it.each([
    [["kill", "ord_1"], "--reason is missing"],
    [["skip", "ord_1", "--step", "a", "--reason", "x"], "--output is missing"],
    [["skip", "ord_1", "--step", "a", "--output", "{", "--reason", "x"], "--output is {"],
    [["signal", "ord_1", "--step", "a", "--reason", "x"], "--payload is missing"],
    [["migrate", "ord_1", "--to", "next", "--reason", "x"], "--to is next"],
    [["needs", "place-order@v1"], "names no definition"],
    [["kill"], "Which saga?"],
    [["explode", "ord_1"], 'no command "saga explode"'],
    [["list", "--what"], "--what"],
  ])("says what is wrong with %j, asking nobody", async (args, problem) => {
    await expect(run(args)).rejects.toSatisfy(
      (error) => error instanceof CommandError && error.message.includes(problem),
    );
  });
});
