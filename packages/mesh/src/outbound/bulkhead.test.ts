import { describe, expect, it } from "vitest";
import { answerLater, fail, ok, shop, stage } from "./fixture.ts";

const id = { id: "1" };

describe("the bulkhead layer", () => {
  it("sheds the least important first, with 503 and Retry-After", async () => {
    const { calls, world, requests } = stage({ bulkhead: { limit: 10 }, hedge: false });
    const held = answerLater();
    world.reply = held.reply;
    const running = Array.from({ length: 8 }, () => calls().get(id));
    await expect(calls().guess(id)).rejects.toMatchObject({ code: "OVERLOADED" });
    await expect(calls().get(id)).rejects.toMatchObject({ code: "OVERLOADED", status: 503, retryAfter: 1 });
    running.push(calls().pay(id), calls({ priority: "critical" }).get(id));
    await expect(calls().pay(id)).rejects.toMatchObject({ code: "OVERLOADED" });
    held.resolve();
    await Promise.all(running);
    expect(requests).toHaveLength(10);
    world.reply = ok;
    expect(await calls().guess(id)).toEqual({ name: "it" });
  });

  it("gives the slot back however a call ends", async () => {
    const { repeat } = stage({ bulkhead: { limit: 1 }, circuit: false, throttle: false });
    expect(await repeat(5, fail("INTERNAL"))).toEqual(Array(5).fill("INTERNAL"));
    expect(await repeat(1, ok)).toEqual(["OK"]);
  });

  it("sheds no probe, however many calls hang", async () => {
    const { calls, world, requests, callees } = stage({ bulkhead: { limit: 2 }, hedge: false, retry: false });
    const hanging = answerLater();
    world.reply = hanging.reply;
    const running = calls().get(id);
    world.reply = fail("UNAVAILABLE");
    for (let n = 0; n < 7; n++) await expect(calls().pay(id)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    world.reply = ok;
    await expect(calls().get(id)).rejects.toMatchObject({ code: "CIRCUIT_OPEN" });
    world.now += 2_000;
    expect(await calls().get(id)).toEqual({ name: "it" });
    expect(requests).toHaveLength(9);
    hanging.resolve();
    await running;
    expect(callees.of(shop.operations.get).callee.bulkhead.inFlight).toBe(0);
  });

  it("lets the priority travel: the caller's, or the first one that an operation has", async () => {
    const { calls, requests } = stage();
    await calls().get(id);
    await calls().pay(id);
    await calls({ priority: "background" }).pay(id);
    expect(requests.map((request) => request.headers.get("weft-priority"))).toEqual([
      null,
      "critical",
      "background",
    ]);
  });

  it("sends less to a callee that answers 429, and never none", async () => {
    const { repeat, requests } = stage({ circuit: false });
    const codes = await repeat(100, fail("RATE_LIMITED"));
    expect(codes.filter((code) => code === "OVERLOADED").length).toBeGreaterThan(50);
    expect(requests.length).toBeLessThan(50);
  });

  it("sends it the paying calls before those that browse", async () => {
    const { repeat, rush, world } = stage({ circuit: false });
    await repeat(100, fail("RATE_LIMITED"));
    world.reply = ok;
    // The least share that goes out, a tenth, is as much as there is to pay.
    expect(await rush(2)).toEqual({ paying: 2, browsing: 0 });
  });

  it("lets every call out of a Worker whose limits are switched off", async () => {
    const host = { service: "gateway", env: { WEFT_SHED: "off" }, waitUntil: () => undefined };
    const { calls, world, requests } = stage({ host, bulkhead: { limit: 1 }, hedge: false });
    const held = answerLater();
    world.reply = held.reply;
    const running = Array.from({ length: 5 }, () => calls().guess(id));
    held.resolve();
    await Promise.all(running);
    expect(requests).toHaveLength(5);
  });

  it("can be turned off", async () => {
    const { repeat } = stage({ circuit: false, throttle: false, bulkhead: false });
    expect(await repeat(50, fail("RATE_LIMITED"))).toEqual(Array(50).fill("RATE_LIMITED"));
  });
});
