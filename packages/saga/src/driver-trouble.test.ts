import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { saga } from "./definition.ts";
import { things, trip } from "./testing/definition.ts";
import { Life } from "./testing/life.ts";
import { dead, type Script } from "./testing/world.ts";

const forward = trip.plan.steps.map(({ name }) => `do ${name} 1`);

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

describe("a process that dies", () => {
  it("at any moment is followed by another that ends the saga without its alarm ringing twice for nothing", async () => {
    for (let moment = 0; moment < 40; moment++) {
      const life = new Life(moment % 2 ? () => "ok" : dead("car"));
      await life.start();
      await life.time.until(() => false, life.time.now() + moment);
      life.kill();
      expect(await life.ends(60_000)).toBe(true);
      const state = life.driver.snapshot()?.state;
      expect(state).toBe(moment % 2 ? "COMPLETED" : "COMPENSATED");
      expect(life.world.standing).toHaveLength(moment % 2 ? 6 : 0);
      expect(new Set(life.world.effects).size).toBe(life.world.effects.length);
    }
  });

  it("again and again still comes to an end", async () => {
    const life = new Life();
    life.latency = 400;
    await life.start();
    for (let n = 0; n < 8; n++) {
      await life.time.until(() => false, life.time.now() + 700);
      life.restart();
      void life.driver.drive();
    }
    expect(await life.ends(120_000)).toBe(true);
    expect(["COMPLETED", "COMPENSATED"]).toContain(life.driver.snapshot()?.state);
    expect([0, 6]).toContain(life.world.standing.length);
  });

  it("after its alarm was lost sets another before it goes on", async () => {
    const life = new Life();
    await life.start();
    life.restart();
    life.loseAlarm();
    void life.driver.drive();
    await life.time.until(() => life.world.attempts.length > 1);
    life.kill();
    expect(await life.ends(60_000)).toBe(true);
    expect(life.world.standing).toHaveLength(6);
  });

  it("is woken by an alarm that is set again before anything else", async () => {
    const life = new Life();
    life.store.onAppend = (events, write) => {
      // The process is gone after the last step, before it could say that this was all.
      if (events.at(-1)?.type === "ended" && life.alarmsSet === 1) return life.kill();
      expect(life.alarmAt).toBeDefined();
      write();
    };
    await life.start();
    expect(await life.ends(60_000)).toBe(true);
    expect(life.store.log.at(-1)).toMatchObject({ type: "ended", state: "COMPLETED" });
  });

  it("goes on as soon as somebody asks, without waiting for the alarm", async () => {
    const life = new Life();
    await life.start();
    life.kill();
    life.restart();
    const began = life.time.now();
    expect(await life.time.result(life.driver.wait(10_000))).toMatchObject({ state: "COMPLETED" });
    expect(life.time.now() - began).toBeLessThan(100);
  });
});

it("shows the undo that was given up, so that people look at a saga that is taken back in part", async () => {
  const life = new Life((step, phase) => {
    if (step === "pay") return "business";
    return step === "hotel" && phase === "undo" ? "dead" : "ok";
  });
  await life.start();
  await life.ends();
  const parts = { state: "PARTIALLY_COMPENSATED", parked: ["hotel"], undone: ["flight", "car"] };
  expect(life.published.at(-1)).toMatchObject(parts);
});

describe("a long wait", () => {
  it("is left to the alarm, and the index knows when it ends", async () => {
    const life = new Life((step, phase) => (step === "mail" && phase === "do" ? "dead" : "ok"));
    await life.start();
    await life.time.until(() => life.published.length > 1);
    expect(life.driver.isDriving).toBe(false);
    const entry = life.published.at(-1);
    expect(entry?.state).toBe("RUNNING");
    expect(entry?.dueAt).toBe(life.alarmAt);
    expect(entry?.parked).toEqual(["mail"]);
  });

  it("is not disturbed by those who look, but by its alarm and by the sweep", async () => {
    const life = new Life((step, phase) => (step === "mail" && phase === "do" ? "dead" : "ok"));
    await life.start();
    await life.time.until(() => life.published.length > 1);
    const before = {
      alarms: life.alarmsSet,
      published: life.published.length,
      tries: life.world.attempts.length,
    };
    const counts = () => ({
      alarms: life.alarmsSet,
      published: life.published.length,
      tries: life.world.attempts.length,
    });
    for (let poll = 0; poll < 10; poll++) await life.time.result(life.driver.wait(1_000));
    expect(await life.start()).toBe("joined");
    await life.time.result(life.driver.drive());
    expect(counts()).toEqual(before);

    life.loseAlarm();
    await life.time.result(life.driver.wake());
    expect(life.alarmAt).toBeGreaterThan(life.time.now());
    await life.time.until(() => counts().tries > before.tries);
  });

  it("for good costs nothing, however often somebody looks at a saga that has ended", async () => {
    const life = new Life();
    await life.start();
    await life.ends();
    const { alarmsSet } = life;
    for (let poll = 0; poll < 3; poll++) await life.time.result(life.driver.wait(1_000));
    await life.time.result(life.driver.drive());
    life.restart();
    await life.time.result(life.driver.wait(1_000));
    expect(life.alarmsSet).toBe(alarmsSet);
  });
});

describe("a long wait that a signal ends", () => {
  const { make, unmake } = things.operations;
  const input = () => ({ ref: "x" });
  const approval = saga("approval", { version: 1, input: trip.input })
    .waitFor("approved", { signal: z.object({}), timeout: 7 * 86_400_000, onTimeout: "compensate" })
    .compensatable("book", make, { input, undo: { operation: unmake, input } })
    .pivot("pay", make, { input });

  /** Waits, is signalled, and dies while it makes its first attempt. */
  async function dying(): Promise<Life> {
    const life = new Life(undefined, approval);
    await life.start();
    await life.time.until(() => !life.driver.isDriving);
    life.driver.signal("s1", "approved", {});
    await life.time.until(() => life.world.attempts.length > 0);
    life.kill();
    return life;
  }

  it("leaves no alarm that rings only at the wait's own end", async () => {
    const life = await dying();
    expect(await life.ends(60_000)).toBe(true);
    expect(life.driver.snapshot()?.state).toBe("COMPLETED");
  });

  it("is no rest any more for the index either, in case that the alarm is lost", async () => {
    const { published, time } = await dying();
    expect(published.at(-1)?.dueAt).toBeLessThanOrEqual(time.now());
  });
});

describe("trouble of the coordinator's own", () => {
  it("a clock that is set back does not make the end older than what the index knows", async () => {
    const life = new Life();
    await life.start();
    life.time.jump(-5_000);
    expect(await life.ends()).toBe(true);
    const [begun, ended] = life.published;
    expect(ended?.state).toBe("COMPLETED");
    expect(ended?.updatedAt).toBeGreaterThanOrEqual(begun?.updatedAt ?? Number.POSITIVE_INFINITY);
  });

  it("an index that is away does not hold up the starter, and hears of the end later", async () => {
    const life = new Life((step) => {
      if (step === "mail") life.publishFails = true;
      return "ok";
    });
    await life.start();
    expect(await life.time.result(life.driver.wait(5_000))).toMatchObject({ state: "COMPLETED" });
    await life.time.until(() => !life.driver.isDriving);
    expect(life.alarmAt).toBeDefined();
    life.publishFails = false;
    expect(await life.ends(60_000)).toBe(true);
    expect(life.published).toMatchObject([{ state: "RUNNING" }, { state: "COMPLETED" }]);
    expect(life.alarmAt).toBeUndefined();
  });

  it("an outcome is on disk at once when the run that would write it down has stopped, or stops", async () => {
    for (const takes of [0, 100]) {
      const life = new Life();
      life.publishFails = true;
      life.publishing = () => life.time.sleep(takes);
      await life.start();
      await life.time.until(() => false, life.time.now() + 200);
      expect(life.store.log.at(-1)).toMatchObject({ type: "done", step: "flight" });
    }
  });

  it.each([
    ["in the same process", () => {}],
    ["in others", (life: Life) => life.restart()],
  ])("no more than one attempt is made before the index knows the saga, %s", async (_, between) => {
    const life = new Life();
    life.publishFails = true;
    await life.start();
    for (let minute = 1; minute <= 3; minute++) {
      expect(await life.time.result(life.driver.wait(60_000))).toMatchObject({ state: "RUNNING" });
      between(life);
    }
    expect(life.world.attempts).toEqual(["do flight 1"]);
    expect(life.store.log.at(-1)).toMatchObject({ type: "done", step: "flight" });
    life.publishFails = false;
    expect(await life.ends(60_000)).toBe(true);
    expect(life.world.attempts).toEqual(forward);
  });

  describe("and that finds a saga without the index,", () => {
    const found = (latency: number, script?: Script) => {
      const life = new Life(script);
      life.tellAfter = 2_000;
      life.latency = latency;
      life.restart();
      return life;
    };

    it("goes on while that is away", async () => {
      const life = found(900);
      life.publishFails = true;
      await life.start();
      expect(await life.time.until(() => life.store.end !== undefined, life.time.now() + 10_000)).toBe(true);
      expect(life.world.attempts).toEqual(forward);
      life.publishFails = false;
      expect(await life.ends(60_000)).toBe(true);
      expect(life.published).toMatchObject([{ state: "COMPLETED" }]);
    });

    it("tells it of one that another process has begun", async () => {
      const life = found(5, dead("tickets"));
      await life.start();
      await life.time.until(() => false, life.time.now() + 200);
      life.restart();
      void life.driver.drive();
      expect(life.world.attempts.length).toBeGreaterThan(2);
      expect(await life.time.until(() => life.published.length > 0, life.time.now() + 10_000)).toBe(true);
    });
  });

  it("storage that fails leaves an alarm behind, and the alarm's handler never rejects", async () => {
    const life = new Life();
    let broken = true;
    life.store.onAppend = (events, write) => {
      if (broken && events.some(({ type }) => type === "done")) throw new Error("disk full");
      write();
    };
    await life.start();
    await life.time.until(() => !life.driver.isDriving);
    // Not at once: whatever is broken would be hammered.
    expect(life.alarmAt).toBe(life.time.now() + 30_000);
    await expect(life.time.result(life.driver.rang())).resolves.toBeUndefined();
    broken = false;
    expect(await life.ends(120_000)).toBe(true);
    expect(life.world.standing).toHaveLength(6);
  });

  it("code that is not deployed makes the saga wait, not fail", async () => {
    const life = new Life();
    life.definition = () => undefined;
    await life.start();
    await life.time.until(() => !life.driver.isDriving);
    expect(life.world.attempts).toEqual([]);
    expect(life.driver.snapshot()).toMatchObject({ state: "RUNNING", missing: "flight" });
    expect(life.published.at(-1)?.missing).toBe("flight");
    life.definition = () => trip;
    expect(await life.ends(400_000)).toBe(true);
    expect(life.driver.snapshot()?.state).toBe("COMPLETED");
  });

  it("steps that were changed without a new version are not run, and somebody is told", async () => {
    const { make } = things.operations;
    const input = () => ({ ref: "x" });
    const undo = { operation: things.operations.unmake, input };
    const changed = saga("trip", { version: 1, input: trip.input }).compensatable("flight", make, {
      input,
      undo,
    });
    const life = new Life();
    life.definition = () => changed;
    await life.start();
    await life.time.until(() => !life.driver.isDriving);
    expect(life.world.attempts).toEqual([]);
    expect(console.error).toHaveBeenCalledWith(expect.stringContaining("without a new version"));
    life.definition = () => trip;
    expect(await life.ends(400_000)).toBe(true);
    expect(life.driver.snapshot()?.state).toBe("COMPLETED");
  });

  it("an input that cannot be made is the saga's failure", async () => {
    const broken: typeof trip = {
      ...trip,
      action: (step, phase) => {
        const action = trip.action(step, phase);
        const input = () => {
          throw new TypeError("oops");
        };
        return action && { ...action, input };
      },
    };
    const life = new Life();
    life.definition = () => broken;
    await life.start();
    await life.ends();
    expect(life.driver.snapshot()).toMatchObject({
      state: "COMPENSATED",
      failure: { code: "INTERNAL", step: "flight" },
    });
  });

  it("a participant that never answers is not waited for", async () => {
    const life = new Life();
    life.latency = 1_000_000;
    await life.start();
    const snapshot = await life.time.result(life.driver.wait(20_000));
    expect(snapshot).toMatchObject({ settled: true, failure: { step: "flight" } });
  });
});
