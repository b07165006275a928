import { expect, it } from "vitest";
import type { TimerRuntime } from "../runtime.ts";
import { type Reply, stage } from "./fixture.ts";

const id = { id: "1" };
const hang: Reply = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

/** A stage whose timers the test ends by hand. */
function timed() {
  const timers: { ms: number; end: () => void; cancelled: boolean }[] = [];
  const after: TimerRuntime["after"] = (ms, end) => {
    const timer = { ms, end, cancelled: false };
    timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  };
  return { ...stage({ after, retry: false }), timers };
}

it("sets one timer for a try and takes it back when the answer is there", async () => {
  const { calls, timers } = timed();
  await calls().get(id, { timeout: 700 });
  expect(timers).toMatchObject([{ ms: 700, cancelled: true }]);
});

it("ends a try whose time is up, by its name and as an overload of the callee", async () => {
  const { calls, world, timers, requests, callees } = timed();
  world.reply = hang;
  const answer = calls().get(id);
  timers[0]?.end();
  await expect(answer).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(requests[0]?.signal.aborted).toBe(true);
  expect(callees.circuits.get("shop")?.breaker.snapshot().run.length).toBe(1);
});

it("ends a try when the caller is gone, which says nothing about the callee", async () => {
  const { calls, world, timers, callees } = timed();
  world.reply = hang;
  const caller = new AbortController();
  const answer = calls({ signal: caller.signal }).get(id);
  caller.abort();
  await expect(answer).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(timers).toMatchObject([{ cancelled: true }]);
  expect(callees.circuits.get("shop")?.breaker.snapshot().run.length).toBe(0);
});

it("ends a stream that does not begin in time, and leaves one alone that has begun", async () => {
  const { calls, world, timers } = timed();
  world.reply = hang;
  const late = calls().watch(id);
  timers[0]?.end();
  await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  world.reply = () => new Response("data: 1\n\n");
  expect(await calls().watch(id)).toBeInstanceOf(ReadableStream);
  expect(timers[1]).toMatchObject({ cancelled: true });
});
