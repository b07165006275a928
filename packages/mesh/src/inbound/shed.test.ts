import { expect, it } from "vitest";
import * as z from "zod";
import { type Context, rootContext } from "../context/context.ts";
import { writeContext } from "../context/headers.ts";
import { newTrace } from "../context/trace.ts";
import { contract } from "../contract/contract.ts";
import { events, query } from "../contract/operation.ts";
import type { Priority } from "../resilience/bulkhead.ts";
import { service } from "../service.ts";

const shop = contract("shop", {
  get: query("GET /internal/thing", { output: z.object({}), allow: ["gateway"] }),
  browse: query("GET /internal/browse", { output: z.object({}), priority: "background", allow: ["gateway"] }),
  watch: events("GET /internal/events-of-thing", { allow: ["gateway"] }),
});

/** A service whose answers come only when they are released, four at a time. */
function busyShop(env: object = {}) {
  const gates: PromiseWithResolvers<void>[] = [];
  const wait = async () => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    return {};
  };
  const worker = service(shop, {
    use: [],
    concurrency: 4,
    handlers: {
      get: wait,
      browse: wait,
      watch: async () => new ReadableStream(),
    },
  });
  const fetch = worker.fetch as unknown as (request: Request, env: object, ctx: object) => Promise<Response>;
  const send = (path: string, priority?: Priority, caller = "gateway", parts: Partial<Context> = {}) => {
    const headers = new Headers();
    writeContext(headers, rootContext(newTrace(), { priority, ...parts }), 0);
    const ctx = { props: { caller }, waitUntil() {}, passThroughOnException() {} };
    return fetch(new Request(`http://mesh/internal/${path}`, { headers }), env, ctx);
  };
  const release = (reason?: Error) => {
    const gate = gates.shift();
    if (reason) gate?.reject(reason);
    else gate?.resolve();
  };
  return { send, release, running: () => gates.length };
}

it("works on so many calls at a time; who comes too late is told to come back, the least important first", async () => {
  const { send, release, running } = busyShop();
  const answers = [send("thing", "background"), send("thing", "background")];
  const refused = await send("thing", "background");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ code: "OVERLOADED", retryable: true });
  answers.push(send("thing"));
  expect((await send("thing")).status).toBe(503);
  answers.push(send("thing", "critical"));
  expect((await send("thing", "critical")).status).toBe(503);
  expect(running()).toBe(4);
  while (running() > 0) release();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

it("takes an operation for what it says of itself where no earlier hop has said anything", async () => {
  const { send, release } = busyShop();
  const answers = [send("browse"), send("browse")];
  expect((await send("browse")).status).toBe(503);
  answers.push(send("browse", "critical"));
  await Promise.resolve();
  expect((await send("thing", "normal")).status).toBe(503);
  for (let n = 0; n < 3; n++) release();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
});

it("gives the room back however a call ends", async () => {
  const { send, release, running } = busyShop();
  for (let round = 0; round < 10; round++) {
    const answer = send("thing", "critical");
    while (running() === 0) await Promise.resolve();
    release(round % 2 === 0 ? undefined : new Error("broken"));
    expect((await answer).status).toBe(round % 2 === 0 ? 200 : 500);
  }
});

it("gives no room to calls that are refused anyway, and keeps none for a stream that has begun", async () => {
  const { send, release, running } = busyShop();
  for (let n = 0; n < 10; n++) {
    expect((await send("thing", "normal", "stranger")).status).toBe(403);
    expect((await send("thing", "normal", "gateway", { deadline: 0 })).status).toBe(504);
    expect((await send("events-of-thing")).status).toBe(200);
  }
  const answer = send("thing", "background");
  while (running() === 0) await Promise.resolve();
  release();
  expect((await answer).status).toBe(200);
});

it("takes in everything where it is switched off", async () => {
  const { send, release, running } = busyShop({ WEFT_SHED: "off" });
  const answers = Array.from({ length: 9 }, () => send("thing", "background"));
  while (running() < 9) await Promise.resolve();
  while (running() > 0) release();
  expect((await Promise.all(answers)).every(({ ok }) => ok)).toBe(true);
});
