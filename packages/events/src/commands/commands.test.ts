import { bindings, command, contract, MeshError, type ResourcesOf, service } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { TestQueue } from "@weft/testkit/queue";
import { serve } from "@weft/testkit/serve";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { deadLettersOf } from "../dead-letters/contract.ts";
import { database, taskQueue } from "../index.ts";
import { commandOutbox, deadLetters, inbox, tasks } from "../schema.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

const Options = { priority: z.int().optional(), delay: z.int().optional(), id: z.string().optional() };
const printer = contract(
  "printer",
  {
    printLater: command("POST /internal/self", { output: z.object({}), allow: ["test"] }),
  },
  { commands: { print: z.object({ text: z.string() }) }, senders: ["office"] },
);
const office = contract("office", {
  order: command("POST /internal/orders", {
    input: z.object({ text: z.string(), fail: z.boolean().optional(), ...Options }),
    output: z.object({}),
    allow: ["test"],
  }),
});
const stranger = contract("stranger", {}, { commands: { ping: z.object({}) } });

const schema = { commandOutbox, deadLetters, inbox, tasks };
const officeWorker = service(office, {
  use: [database({ schema, sendsTo: [printer] })],
  handlers: {
    order: async ({ input: { text, fail, ...options }, tx }) => {
      if (text === "to a stranger") tx.send(stranger, "ping", {});
      const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
      tx.send(printer, "print", { text }, given);
      if (fail) throw new Error("The handler fails after it has sent.");
      return {};
    },
  },
});

interface PrinterEnv {
  PRINT: (text: string, attempt: number) => unknown;
}
const equipment = [bindings<PrinterEnv>(), database({ schema })] as const;
const printerWorker = service(printer, {
  use: [
    ...equipment,
    taskQueue<typeof printer.commands, ResourcesOf<typeof equipment>>({
      contract: printer,
      retry: { first: 10_000, longest: 40_000, giveUp: 10 * MINUTE, permanent: ["OUT_OF_PAPER"] },
      handlers: { print: ({ data, env, task }) => env.PRINT(data.text, task.attempt) },
    }),
  ],
  handlers: {
    printLater: async ({ tx }) => {
      tx.send(printer, "print", { text: "own" });
      return {};
    },
  },
});

function open() {
  const printed: string[] = [];
  const wakes = new TestQueue();
  const printerDb = d1("packages/events/src/fixture");
  const officeDb = d1("packages/events/src/fixture");
  const printerEnv = {
    DB: printerDb,
    PRINTER_TASKS: wakes as TestQueue | undefined,
    PRINT: ((text) => printed.push(text)) as PrinterEnv["PRINT"],
  };
  const printerSide = serve(printerWorker, printerEnv);
  const officeEnv = { DB: officeDb, PRINTER: printerSide.binding("office") };
  const officeSide = serve(officeWorker, officeEnv);
  const calls = officeSide.client(office, { caller: "test" });
  return {
    printed,
    wakes,
    printerDb,
    officeDb,
    printerEnv,
    officeEnv,
    printerSide,
    send: async (
      text: string,
      options: { priority?: number; delay?: number; id?: string; fail?: boolean } = {},
    ) => {
      await calls.order({ text, ...options });
      await officeSide.settled();
    },
    sendToSelf: async () => {
      await printerSide.client(printer, { caller: "test" }).printLater({});
      await printerSide.settled();
    },
    /** Delivers the printer's own wake-up messages. */
    wake: async () => {
      await printerSide.settled();
      await printerSide.queue("printer-tasks", wakes.drain());
    },
    cron: async () => {
      await officeSide.cron(new Date());
      await printerSide.cron(new Date());
    },
    outbox: async () => (await officeDb.prepare("SELECT * FROM command_outbox").all()).results,
    letters: printerSide.client(deadLettersOf("printer"), { caller: "control" }),
    tasks: async () => (await printerDb.prepare("SELECT * FROM tasks").all()).results,
  };
}

let world: ReturnType<typeof open>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(Math, "random").mockReturnValue(0);
  world = open();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

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
