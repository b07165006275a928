import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { later, letTimeGo, MINUTE, NOW, open, stopTime } from "./fixture/printer.ts";

let world: ReturnType<typeof open>;
beforeEach(() => {
  stopTime();
  world = open();
});
afterEach(letTimeGo);

describe("a command", () => {
  it("is handed over after its commit, done once, and gone from the outbox", async () => {
    await world.send("a");
    expect(await world.outbox()).toEqual([]);
    await world.wake();
    await world.wake();
    await world.cron();
    expect(world.printed).toEqual(["a"]);
    expect(await world.tasks()).toMatchObject([
      { sender: "office", attempts: 1, due_at: null, done_at: NOW },
    ]);
  });

  it("is not sent when its handler fails", async () => {
    await expect(world.send("a", { fail: true })).rejects.toThrow("INTERNAL");
    await world.cron();
    expect(world.printed).toEqual([]);
  });

  it("waits in the outbox while its receiver is down, and is tried again less and less often", async () => {
    const { PRINTER } = world.officeEnv;
    let asked = 0;
    world.officeEnv.PRINTER = { fetch: () => (asked++, Promise.reject(new Error("down"))) };
    await world.send("a");
    const first = asked;
    await world.cron();
    expect(asked).toBe(first);
    later(MINUTE);
    await world.cron();
    expect(asked).toBeGreaterThan(first);
    world.officeEnv.PRINTER = PRINTER;
    later(15 * MINUTE);
    await world.cron();
    expect(world.printed).toEqual(["a"]);
  });

  it("is done once when the answer to its handing over is lost", async () => {
    const { PRINTER } = world.officeEnv;
    world.officeEnv.PRINTER = {
      async fetch(request: Request) {
        await PRINTER.fetch(request);
        throw new Error("The answer was lost.");
      },
    };
    await world.send("a");
    await world.wake();
    world.officeEnv.PRINTER = PRINTER;
    later(15 * MINUTE);
    await world.cron();
    expect(world.printed).toEqual(["a"]);
    expect(await world.outbox()).toEqual([]);
  });

  it("is one with those of the same id", async () => {
    await world.send("a", { id: "cmd_1" });
    await world.wake();
    await world.send("a", { id: "cmd_1" });
    await world.wake();
    expect(world.printed).toEqual(["a"]);
  });

  it("is refused from a Worker that the contract does not name", async () => {
    world.officeEnv.PRINTER = world.printerSide.binding("somebody");
    await world.send("a");
    expect(await world.tasks()).toEqual([]);
    expect(await world.outbox()).toHaveLength(1);
  });

  it("to a service that was not announced fails before anything is written", async () => {
    const spy = vi.spyOn(console, "error").mockReturnValue();
    await expect(world.send("to a stranger")).rejects.toThrow("INTERNAL");
    expect(spy.mock.calls.flat().join()).toContain("name it in database({ sendsTo: [...] })");
  });

  it("to itself is woken for as well", async () => {
    await world.sendToSelf();
    await world.wake();
    expect(world.printed).toEqual(["own"]);
  });
});
