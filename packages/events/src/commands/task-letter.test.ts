import { MeshError } from "@weft/mesh";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { later, letTimeGo, MINUTE, NOW, open, stopTime } from "./fixture/printer.ts";

let world: ReturnType<typeof open>;
beforeEach(() => {
  stopTime();
  world = open();
});
afterEach(letTimeGo);

describe("a task's dead letter", () => {
  const jam = () => {
    throw new Error("jam");
  };
  const refuse = () => {
    throw new MeshError("OUT_OF_PAPER", { status: 409 });
  };
  const works = (text: string) => world.printed.push(text);
  const all = async () => (await world.letters.deadLetters({})).items;
  /** Sends a command that is given up; returns its letter's id. */
  async function dead(): Promise<string> {
    world.printerEnv.PRINT = refuse;
    await world.send("a", { id: "cmd_1" });
    await world.wake();
    const [letter] = await all();
    return letter?.id ?? "none";
  }

  it("is there from the first failure on, and gone when the task is done", async () => {
    world.printerEnv.PRINT = jam;
    await world.send("a", { id: "cmd_1" });
    await world.wake();
    later(10_000);
    await world.cron();
    expect(await all()).toMatchObject([
      { source: "/tasks", messageId: "cmd_1", type: "print", status: "failing", attempts: 2 },
    ]);
    world.printerEnv.PRINT = works;
    later(MINUTE);
    await world.cron();
    expect(await all()).toEqual([]);
    expect(world.printed).toEqual(["a"]);
  });

  it("is dead when the task is given up, with the message and the failures", async () => {
    const id = await dead();
    expect(await world.letters.deadLetter({ id })).toMatchObject({
      status: "dead",
      body: { id: "cmd_1", type: "print", sender: "office", data: { text: "a" } },
      failures: [{ via: "task" }],
    });
  });

  it("is replayed once with what an operator has made of the message, and another command of its id changes nothing", async () => {
    const id = await dead();
    const body = { id: "cmd_1", type: "print", sender: "office", data: { text: "b" } };
    for (const other of [{ ...body, id: "cmd_2" }, { text: "b" }])
      await expect(world.letters.editDeadLetter({ id, body: other })).rejects.toThrow("VALIDATION_FAILED");
    await world.letters.editDeadLetter({ id, body });
    world.printerEnv.PRINT = works;
    expect(await world.letters.replayDeadLetter({ id })).toMatchObject({ status: "replayed" });
    expect(await world.letters.replayDeadLetter({ id })).toMatchObject({ status: "replayed" });
    await world.send("a", { id: "cmd_1" });
    later(MINUTE);
    await world.cron();
    expect(world.printed).toEqual(["b"]);
    expect(await world.tasks()).toMatchObject([{ due_at: null, done_at: NOW }]);
  });

  it("stays dead when the replay fails, and nobody but an operator tries again", async () => {
    const id = await dead();
    let tries = 0;
    world.printerEnv.PRINT = () => (tries++, jam());
    expect(await world.letters.replayDeadLetter({ id })).toMatchObject({
      status: "dead",
      failures: [{ via: "task" }, { via: "replay" }],
    });
    later(60 * MINUTE);
    await world.cron();
    expect(tries).toBe(1);
  });

  it("may be replayed while the task is still tried, which goes on if that fails", async () => {
    world.printerEnv.PRINT = jam;
    await world.send("a");
    await world.wake();
    const [letter] = await all();
    await world.letters.replayDeadLetter({ id: letter?.id ?? "none" });
    expect(await all()).toMatchObject([{ status: "failing", attempts: 2 }]);
    world.printerEnv.PRINT = works;
    later(MINUTE);
    await world.cron();
    expect(world.printed).toEqual(["a"]);
    expect(await all()).toEqual([]);
  });

  it("brings the task back when the one who replays it dies", async () => {
    const id = await dead();
    world.printerEnv.PRINT = () => new Promise(() => undefined);
    void world.letters.replayDeadLetter({ id });
    await vi.waitFor(async () => expect(await world.tasks()).toMatchObject([{ attempts: 2 }]));
    world.printerEnv.PRINT = works;
    later(MINUTE);
    await world.cron();
    expect(world.printed).toEqual(["a"]);
    expect(await all()).toEqual([]);
  });

  it("discarded while the task is worked on is not undone by that attempt's failure", async () => {
    world.printerEnv.PRINT = jam;
    await world.send("a");
    await world.wake();
    const [letter] = await all();
    world.printerEnv.PRINT = async () => {
      await world.letters.discardDeadLetter({ id: letter?.id ?? "none", reason: "a test" });
      jam();
    };
    later(MINUTE);
    await world.cron();
    expect(await all()).toMatchObject([{ status: "discarded", attempts: 1 }]);
    expect(await world.tasks()).toMatchObject([{ due_at: null }]);
  });

  it("ends the task when it is discarded", async () => {
    world.printerEnv.PRINT = jam;
    await world.send("a");
    await world.wake();
    const [letter] = await all();
    const discarded = await world.letters.discardDeadLetter({ id: letter?.id ?? "none", reason: "a test" });
    expect(discarded).toMatchObject({ status: "discarded", reason: "a test" });
    world.printerEnv.PRINT = works;
    later(60 * MINUTE);
    await world.cron();
    expect(world.printed).toEqual([]);
    expect(await world.tasks()).toMatchObject([{ due_at: null, done_at: null }]);
  });
});
