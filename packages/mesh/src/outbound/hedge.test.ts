import { describe, expect, it } from "vitest";
import type { TimerRuntime } from "../runtime.ts";
import { answerLater, fail, ok, type Reply, stage, type StageOptions } from "./fixture.ts";

const id = { id: "1" };
const hang: Reply = (request) =>
  new Promise((_, reject) => {
    request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
  });

/** A stage whose callee is known well enough for a p95; `late()` ends the wait for the hedge. */
async function known(options: StageOptions = {}) {
  const waits: { ms: number; end: () => void }[] = [];
  const after: TimerRuntime["after"] = (ms, end) => {
    // A try's time limit is a timer as well.
    if (ms < 5_000) waits.push({ ms, end });
    return () => {};
  };
  const { repeat, ...rest } = stage({ after, ...options });
  await repeat(20, ok);
  rest.requests.length = 0;
  return { ...rest, waits, late: () => waits.at(-1)?.end() };
}

const turns = async () => {
  for (let n = 0; n < 50; n++) await Promise.resolve();
};

describe("the hedge layer", () => {
  it("sends a slow safe call a second time, takes the first answer and cancels the loser", async () => {
    const { calls, world, requests, late, waits } = await known();
    const replies = [hang, ok];
    world.reply = (request) => (replies.shift() ?? ok)(request);
    const answer = calls().get(id);
    await turns();
    expect(requests).toHaveLength(1);
    expect(waits.at(-1)?.ms).toBe(20);
    late();
    expect(await answer).toEqual({ name: "it" });
    expect(requests).toHaveLength(2);
    expect(requests[0]?.signal.aborted).toBe(true);
    expect(requests.map((request) => request.headers.has("weft-retrying"))).toEqual([false, true]);
  });

  it("takes the first try's answer when that comes first after all", async () => {
    const { calls, world, requests, late } = await known();
    const first = answerLater();
    const replies: Reply[] = [first.reply, hang];
    world.reply = (request) => (replies.shift() ?? ok)(request);
    const answer = calls().get(id);
    await turns();
    late();
    await turns();
    expect(requests).toHaveLength(2);
    first.resolve();
    expect(await answer).toEqual({ name: "late" });
    expect(requests[1]?.signal.aborted).toBe(true);
  });

  it("reports the first try's failure when both have failed, whichever was quicker", async () => {
    const { calls, world, late } = await known({ retry: false });
    const gate = Promise.withResolvers<void>();
    const slow: Reply = () => gate.promise.then(() => fail("UNAVAILABLE")(new Request("http://mesh/")));
    const replies: Reply[] = [slow, fail("INTERNAL")];
    world.reply = (request) => (replies.shift() ?? ok)(request);
    const failure = calls()
      .get(id)
      .catch((error: unknown) => error);
    await turns();
    late();
    await turns();
    gate.resolve();
    expect(await failure).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("does not count the cancelled try against the callee", async () => {
    const { calls, world, late, callees } = await known();
    const replies = [hang, ok];
    world.reply = (request) => (replies.shift() ?? ok)(request);
    const answer = calls().get(id);
    await turns();
    late();
    await answer;
    await turns();
    expect(callees.circuits.get("shop")?.breaker.snapshot().run.length).toBe(0);
    expect([...callees.tracks.values()].map(({ callee }) => callee.bulkhead.inFlight)).toEqual([0]);
  });

  it("ends both tries when the caller goes away", async () => {
    const { calls, world, requests, late } = await known();
    world.reply = hang;
    const gone = new AbortController();
    const answer = calls({ signal: gone.signal }).get(id);
    await turns();
    late();
    await turns();
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    gone.abort();
    await expect(answer).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it("sends nothing twice that is not safe, unknown, inside a retry, or not paid for", async () => {
    const { calls, world, requests, waits, callees } = await known();
    const count = waits.length;
    world.reply = ok;
    await calls().pay(id);
    await calls().look(id);
    await calls({ retrying: true }).get(id);
    await calls().get(id, { off: ["hedge"] });
    for (let n = 0; n < 3; n++) callees.of({ ...shopGet, id: "shop.get" } as never).callee.budget.failure();
    await calls().get(id);
    expect(waits).toHaveLength(count);
    expect(requests).toHaveLength(5);
  });

  it("takes a refusal that the contract foresees for an answer", async () => {
    const { calls, world, late } = await known();
    const replies: Reply[] = [hang, fail("NOT_FOUND")];
    world.reply = (request) => (replies.shift() ?? ok)(request);
    const answer = calls().get(id);
    const refusal = answer.catch((error: unknown) => error);
    await turns();
    late();
    expect(await refusal).toMatchObject({ code: "NOT_FOUND" });
  });
});

const shopGet = { service: "shop", circuit: "callee" };
