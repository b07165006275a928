import { MeshError } from "@weft/mesh";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { later, letTimeGo, MINUTE, NOW, open, stopTime } from "./fixture/printer.ts";

let world: ReturnType<typeof open>;
beforeEach(() => {
  stopTime();
  world = open();
});
afterEach(letTimeGo);

describe("a task", () => {
  it("waits for its delay, and the queue is asked to wake the service then", async () => {
    const delays: unknown[] = [];
    const { wakes } = world;
    vi.spyOn(wakes, "send").mockImplementation(async (...given: unknown[]) => void delays.push(given[1]));
    await world.send("a", { delay: 30_000 });
    await world.printerSide.settled();
    expect(delays).toMatchObject([{ delaySeconds: 30 }]);
    await world.cron();
    expect(world.printed).toEqual([]);
    later(30_000);
    await world.cron();
    expect(world.printed).toEqual(["a"]);
  });

  it("of a higher priority comes first, whenever it came", async () => {
    for (let n = 0; n < 12; n++) await world.send(`low ${n}`);
    await world.send("high", { priority: 5 });
    await world.wake();
    expect(world.printed.slice(0, 10)).toContain("high");
    expect(world.printed).toHaveLength(13);
  });

  it("is tried again at growing intervals until it is done", async () => {
    const tries: number[] = [];
    world.printerEnv.PRINT = (_, attempt) => {
      tries.push((Date.now() - NOW) / 1_000);
      if (attempt < 5) throw new Error("jam");
    };
    await world.send("a");
    await world.wake();
    for (let second = 0; second < 300; second++) {
      later(1_000);
      await world.printerSide.cron(new Date());
    }
    expect(tries).toEqual([0, 10, 30, 70, 110]);
    expect(await world.tasks()).toMatchObject([{ attempts: 5, due_at: null }]);
  });

  it.each([
    ["an error that nothing will change", () => new MeshError("OUT_OF_PAPER", { status: 409 }), 0],
    ["its age", () => new Error("jam"), 10 * MINUTE],
  ])("is given up for %s, and kept", async (_, error, age) => {
    world.printerEnv.PRINT = () => {
      throw error();
    };
    await world.send("a");
    later(age);
    await world.wake();
    expect(await world.tasks()).toMatchObject([{ due_at: null, done_at: null }]);
  });

  it("is left to another worker when its own died, after the lease", async () => {
    await world.send("a");
    await world.printerDb
      .prepare("UPDATE tasks SET attempts = 1, due_at = ?")
      .bind(NOW + MINUTE)
      .run();
    await world.wake();
    expect(world.printed).toEqual([]);
    later(MINUTE);
    await world.cron();
    expect(world.printed).toEqual(["a"]);
  });

  it("that kills its process is given up at last, and does not take those beside it along", async () => {
    let process = { dead: false, die: () => undefined as void };
    const tried: string[] = [];
    world.printerEnv.PRINT = async (text) => {
      const own = process;
      tried.push(text);
      if (text === "killer") own.dead = true;
      if (own.dead) own.die();
      await new Promise(setImmediate);
      if (own.dead) await new Promise(() => undefined);
      world.printed.push(text);
    };
    await world.send("killer", { id: "cmd_1", priority: 1 });
    for (const text of ["b", "c"]) await world.send(text);
    for (let minute = 0; minute < 120; minute++) {
      const death = new Promise<void>((resolve) => (process = { dead: false, die: resolve }));
      await Promise.race([world.printerSide.cron(new Date()), death]);
      later(MINUTE);
    }
    expect(world.printed.toSorted()).toEqual(["b", "c"]);
    expect(tried.filter((text) => text === "killer")).toHaveLength(5);
    expect((await world.letters.deadLetters({})).items).toMatchObject([
      { messageId: "cmd_1", status: "dead", attempts: 1, error: expect.stringContaining("came to no end") },
    ]);
    expect((await world.tasks()).map(({ due_at }) => due_at)).toEqual([null, null, null]);
  });

  it("is done by one of two workers that have it at once", async () => {
    await world.send("a");
    world.printerEnv.PRINT = async (text, attempt) => {
      world.printed.push(`${text} ${attempt}`);
      if (attempt > 1) return;
      // The lease ends while the first is at work.
      later(2 * MINUTE);
      await world.printerSide.cron(new Date());
    };
    await world.wake();
    expect(world.printed).toEqual(["a 1", "a 2"]);
    expect((await world.printerDb.prepare("SELECT * FROM inbox").all()).results).toHaveLength(1);
    expect(await world.tasks()).toMatchObject([{ attempts: 2, due_at: null }]);
  });

  it("needs no queue to wake it: cron finds it", async () => {
    world.printerEnv.PRINTER_TASKS = undefined;
    await world.send("a");
    await world.cron();
    expect(world.printed).toEqual(["a"]);
  });
});
