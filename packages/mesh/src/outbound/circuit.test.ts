import { describe, expect, it } from "vitest";
import { answerLater, fail, ok, shop, stage } from "./fixture.ts";

const down = fail("UNAVAILABLE");
const broken = () => Promise.reject(new Error("connection refused"));

describe("the circuit layer", () => {
  it("holds calls back after 7 failures in a row, and says for how long", async () => {
    const { repeat, requests, calls } = stage();
    const codes = await repeat(9, down);
    expect(codes).toEqual([...Array(7).fill("UNAVAILABLE"), "CIRCUIT_OPEN", "CIRCUIT_OPEN"]);
    expect(requests).toHaveLength(7);
    await expect(calls().get({ id: "1" })).rejects.toMatchObject({ status: 503, retryAfter: 1 });
  });

  it("lets one probe out at a time when its wait is over, and everybody when it has recovered", async () => {
    const { repeat, requests, world, callees } = stage();
    await repeat(7, down);
    world.now += 2_000;
    expect(await repeat(1, down)).toEqual(["UNAVAILABLE"]);
    expect(await repeat(1, ok)).toEqual(["CIRCUIT_OPEN"]);
    world.now += 3_000;
    expect(await repeat(3, ok)).toEqual(["OK", "OK", "OK"]);
    expect(callees.circuits.get("shop")?.breaker.status(world.now).state).toBe("ramp");
    world.now += 4_000;
    expect(await repeat(5, ok)).toEqual(Array(5).fill("OK"));
    expect(requests).toHaveLength(7 + 1 + 3 + 5);
  });

  it("lets paying in before browsing while only a share may go out", async () => {
    const { repeat, rush, world } = stage({ throttle: false });
    await repeat(7, down);
    world.now += 2_000;
    expect(await repeat(3, ok)).toEqual(["OK", "OK", "OK"]);
    expect(await rush(4)).toEqual({ paying: 4, browsing: 0 });
    world.now += 4_000;
    expect(await rush(1)).toEqual({ paying: 1, browsing: 9 });
  });

  it("stays closed while half of the calls get 503, opens when half of them cannot connect", async () => {
    for (const [reply, state] of [
      [down, "closed"],
      [broken, "open"],
    ] as const) {
      const { repeat, callees, world } = stage({ throttle: false });
      for (let n = 0; n < 15; n++) {
        await repeat(1, ok);
        await repeat(1, reply);
      }
      expect(callees.circuits.get("shop")?.breaker.status(world.now).state).toBe(state);
    }
  });

  it("opens for a callee that only just answers in time, and stays open until its probes are quick again", async () => {
    const { calls, world, callees, repeat } = stage({ hedge: false });
    const { timeout } = shop.operations.get;
    const answers = async (number: number, share: number) => {
      const late = answerLater();
      world.reply = late.reply;
      const running = Array.from({ length: number }, () => calls().get({ id: "1" }));
      world.now += timeout * share;
      late.resolve();
      await Promise.all(running);
    };
    const status = () => callees.circuits.get("shop")?.breaker.status(world.now);
    await answers(40, 0.7);
    expect(status()).toMatchObject({ state: "closed" });
    world.now += 20_000;
    await answers(20, 0.9);
    expect(status()).toMatchObject({ state: "open", reason: "slow-rate" });
    await expect(calls().get({ id: "1" })).rejects.toMatchObject({
      code: "CIRCUIT_OPEN",
      detail: expect.stringContaining("slow-rate"),
    });
    world.now += 2_000;
    await answers(1, 0.9);
    expect(status()).toMatchObject({ state: "open", reason: "probe-failed" });
    world.now += 3_000;
    expect(await repeat(3, ok)).toEqual(["OK", "OK", "OK"]);
    expect(status()).toMatchObject({ state: "ramp" });
  });

  it("takes the limit of a try for how long a callee may take, not the hurry of a caller", async () => {
    const { calls, world, callees } = stage({ hedge: false });
    const late = answerLater();
    world.reply = late.reply;
    const running = Array.from({ length: 20 }, () => calls().get({ id: "1" }, { timeout: 200 }));
    world.now += 190;
    late.resolve();
    await Promise.all(running);
    expect(callees.circuits.get("shop")?.breaker.status(world.now).state).toBe("closed");
  });

  it("does not take what the contract foresees, nor a callee's own open circuit, for a failure", async () => {
    const { repeat } = stage();
    expect(await repeat(30, fail("NOT_FOUND"))).toEqual(Array(30).fill("NOT_FOUND"));
    expect(await repeat(30, fail("CIRCUIT_OPEN"))).toEqual(Array(30).fill("CIRCUIT_OPEN"));
    expect(await repeat(1, ok)).toEqual(["OK"]);
  });

  it("stays closed for a callee that says that the chain of calls is too long: its callers are at fault", async () => {
    const { repeat } = stage();
    expect(await repeat(30, fail("HOP_LIMIT_EXCEEDED"))).toEqual(Array(30).fill("HOP_LIMIT_EXCEEDED"));
  });

  it("takes a caller that goes away for nothing", async () => {
    const { repeat } = stage();
    const signal = AbortSignal.abort();
    await repeat(30, broken, { signal });
    expect(await repeat(1, ok)).toEqual(["OK"]);
  });

  it("can be one operation's own, and be turned off", async () => {
    const { repeat, calls, callees, world } = stage();
    await repeat(7, down);
    world.reply = ok;
    expect(await calls().look({ id: "1" })).toEqual({ name: "it" });
    expect(await calls().get({ id: "1" }, { off: ["circuit"] })).toEqual({ name: "it" });
    expect([...callees.circuits.keys()]).toEqual(["shop", shop.operations.look.id]);
    const without = stage({ circuit: false, throttle: false });
    expect(await without.repeat(50, down)).toEqual(Array(50).fill("UNAVAILABLE"));
  });
});
