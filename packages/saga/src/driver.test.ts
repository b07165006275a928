import { beforeEach, describe, expect, it, vi } from "vitest";
import { trip } from "./testing/definition.ts";
import { Life } from "./testing/life.ts";
import { dead } from "./testing/world.ts";

const forward = trip.plan.steps.map(({ name }) => `do ${name} 1`);

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

describe("the happy path", () => {
  it("runs through at once, without waiting for an alarm, and tells the index and the waiter of its end", async () => {
    const life = new Life();
    const began = life.time.now();
    expect(await life.start()).toBe("begun");
    const snapshot = await life.time.result(life.driver.wait(10_000));
    expect(snapshot).toMatchObject({
      state: "COMPLETED",
      settled: true,
      results: { mail: { step: "mail" } },
      failure: undefined,
    });
    expect(life.time.now() - began).toBe(6 * life.latency);
    expect(life.published).toMatchObject([{ state: "RUNNING" }, { state: "COMPLETED", dueAt: undefined }]);
    expect(await life.ends()).toBe(true);
    // One for the whole way: it is set further out than the first step needs.
    expect(life.alarmsSet).toBe(1);
    expect(life.alarmAt).toBeUndefined();
  });

  it("writes an outcome and the intent that follows from it at once", async () => {
    const life = new Life();
    const commits: string[][] = [];
    life.store.onAppend = (events, write) => {
      commits.push(events.map(({ type }) => type));
      write();
    };
    await life.start();
    await life.ends();
    const between = Array.from({ length: 5 }, () => ["done", "intent"]);
    expect(commits).toEqual([["intent"], ...between, ["done", "ended"]]);
  });

  it("does not wait for the index before the first call", async () => {
    const life = new Life();
    const told = Promise.withResolvers<void>();
    life.publishing = () => told.promise;
    await life.start();
    await life.time.until(() => false, life.time.now() + 1_000);
    expect(life.world.attempts).toEqual(["do flight 1"]);
    told.resolve();
    expect(await life.ends()).toBe(true);
  });

  it.each([
    ["quick, hears of its end alone", 5, ["COMPLETED"]],
    ["slow, hears of it when it is two seconds old", 900, ["RUNNING", "COMPLETED"]],
  ])("the index of a saga that is found without it and is %s", async (_, latency, states) => {
    const life = new Life();
    life.tellAfter = 2_000;
    life.restart();
    life.latency = latency;
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.published.map(({ state }) => state)).toEqual(states);
  });

  it("has the alarm set and the intent on disk before anything leaves", async () => {
    const life = new Life((step) => {
      expect(life.alarmAt).toBeGreaterThan(life.time.now() + 1_000);
      expect(life.store.log.at(-1)).toMatchObject({ type: "intent", step });
      return "ok";
    });
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.store.log.at(-1)).toMatchObject({ state: "COMPLETED" });
  });
});

describe("starting", () => {
  it("is joined by the same id and input, and refused to another input", async () => {
    const life = new Life();
    const results = await Promise.all([life.start(), life.start(), life.start("trip-1", { to: "Oslo" })]);
    expect(results).toEqual(["begun", "joined", "conflict"]);
    await life.ends();
    expect(await life.start()).toBe("joined");
    expect(life.world.attempts).toEqual(forward);
  });
});

describe("one run at a time", () => {
  it("however many ask", async () => {
    const life = new Life();
    await life.start();
    for (let n = 0; n < 5; n++) {
      void life.driver.drive();
      void life.driver.rang();
      void life.driver.wait(1_000);
    }
    await life.ends();
    expect(life.atOnce).toBe(1);
    expect(life.world.attempts).toEqual(forward);
  });
});

describe("waiting", () => {
  it("ends after its time, with the saga as it stands", async () => {
    const life = new Life();
    life.latency = 800;
    await life.start();
    expect(await life.time.result(life.driver.wait(1_000))).toMatchObject({
      state: "RUNNING",
      settled: false,
      results: { flight: {} },
    });
  });

  it("for a step ends when the step was done", async () => {
    const life = new Life();
    const began = life.time.now();
    await life.start();
    const snapshot = await life.time.result(life.driver.wait(10_000, "flight"));
    expect(snapshot?.results).toEqual({ flight: { step: "flight" } });
    expect(life.time.now() - began).toBe(life.latency);
  });

  it("for a saga that was never started gives undefined", async () => {
    expect(await new Life().driver.wait(1_000)).toBeUndefined();
  });

  it("ends when the outcome is certain, though an undo keeps failing", async () => {
    const life = new Life((step, phase) =>
      step === "car" ? "dead" : step === "hotel" && phase === "undo" ? "dead" : "ok",
    );
    const began = life.time.now();
    await life.start();
    const snapshot = await life.time.result(life.driver.wait(60_000));
    expect(snapshot).toMatchObject({
      state: "COMPENSATING",
      settled: true,
      undone: ["flight"],
      failure: { step: "car", code: "UNAVAILABLE" },
    });
    expect(life.time.now() - began).toBeLessThan(10_000);
  });
});

describe("waiting while the last undo is under way", () => {
  it("ends with the undo's own end", async () => {
    const life = new Life(dead("hotel"));
    await life.start();
    await life.time.until(
      () =>
        life.store.log.at(-1)?.type === "intent" && life.driver.snapshot()?.undone.includes("hotel") === true,
    );
    expect(await life.time.result(life.driver.wait(10_000))).toMatchObject({
      state: "COMPENSATED",
      undone: ["flight", "hotel"],
    });
  });
});
