import { beforeEach, describe, expect, it, vi } from "vitest";
import { saga } from "./definition.ts";
import { BEGINNING, triesOf } from "./fold.ts";
import { MOST_EVENTS, next } from "./interpreter.ts";
import { PARKED_INTERVAL } from "./plan.ts";
import { things, trip } from "./testing/definition.ts";
import { Life } from "./testing/life.ts";
import type { Script } from "./testing/world.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const { make } = things.operations;
const input = ({ sagaId }: { sagaId: string }) => ({ ref: sagaId });
const endless = (retry: object) =>
  saga("endless", { version: 1, input: trip.input })
    .pivot("pay", make, { input })
    .retriable("mail", make, { input, retry: { attempts: null, ...retry } });
const mailIs =
  (behaviour: (attempt: number) => "ok" | "dead" | "transient"): Script =>
  (step, _, attempt) =>
    step === "mail" ? behaviour(attempt) : "ok";
const attemptsOf = (life: Life, step: string, phase: "do" | "undo" = "do") =>
  life.store.log.filter((event) => event.type === "intent" && event.step === step && event.phase === phase);
const resting = async (life: Life): Promise<void> => {
  await life.time.until(() => life.driver.snapshot()?.parked.includes("mail") === true);
  await life.time.until(() => !life.driver.isDriving);
};

describe("a step that fails in the same way again and again", () => {
  it("is stuck: shown to people and tried rarely, until it works", async () => {
    const life = new Life(
      mailIs((attempt) => (attempt < 25 ? "dead" : "ok")),
      endless({ cap: 1_000 }),
    );
    await life.start();
    await resting(life);
    expect(attemptsOf(life, "mail")).toHaveLength(21);
    expect(life.store.log.findLast(({ type }) => type === "stuck")).toMatchObject({
      type: "stuck",
      step: "mail",
      failure: { code: "UNAVAILABLE" },
    });
    expect(await life.ends()).toBe(true);
    expect(life.driver.snapshot()).toMatchObject({ state: "COMPLETED", parked: [] });
    const [before, last] = attemptsOf(life, "mail").slice(-2);
    expect((last?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThan(PARKED_INTERVAL / 2);
  });

  it("is not stuck while it fails now in this way, now in that", async () => {
    const life = new Life(
      mailIs((attempt) => (attempt === 40 ? "ok" : attempt % 3 === 0 ? "transient" : "dead")),
      endless({ cap: 1_000 }),
    );
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.store.log.map(({ type }) => type)).not.toContain("stuck");
  });

  it("is tried often again when it fails in another way, or when an operator says so", async () => {
    const other = new Life(
      mailIs((attempt) => (attempt === 21 ? "transient" : attempt < 24 ? "dead" : "ok")),
      endless({ cap: 1_000 }),
    );
    await other.start();
    await other.time.until(() => attemptsOf(other, "mail").length === 21);
    const since = other.time.now();
    expect(await other.ends()).toBe(true);
    expect(other.time.now() - since).toBeLessThan(2 * PARKED_INTERVAL);

    const ordered = new Life(
      mailIs((attempt) => (attempt < 24 ? "dead" : "ok")),
      endless({ cap: 1_000 }),
    );
    await ordered.start();
    await resting(ordered);
    const { driver, time } = ordered;
    const before = time.now();
    driver.order({ requestId: "r", actor: "ops", reason: "because" }, { verb: "retry" });
    expect(await ordered.ends()).toBe(true);
    expect(time.now() - before).toBeLessThan(5_000);
  });

  it("keeps its budget where it has one: an undo is given up when that is used up, and not before", async () => {
    const life = new Life((step, phase) => {
      if (step === "pay") return "business";
      return step === "hotel" && phase === "undo" ? "dead" : "ok";
    });
    await life.start();
    expect(await life.ends()).toBe(true);
    const undos = attemptsOf(life, "hotel", "undo");
    expect((undos.at(-1)?.at ?? 0) - (undos[0]?.at ?? 0)).toBeGreaterThan(600_000 - PARKED_INTERVAL);
    expect(life.store.log.map(({ type }) => type)).toContain("stuck");
    expect(life.driver.snapshot()).toMatchObject({ state: "PARTIALLY_COMPENSATED", parked: ["hotel"] });
  });
});

describe("a log that grows and grows", () => {
  const often = { base: 1, cap: 1, repeats: null };

  it("halts the saga, with the reason on record, until an operator gives an order", async () => {
    let works = false;
    const life = new Life(
      mailIs(() => (works ? "ok" : "dead")),
      endless(often),
    );
    life.latency = 0;
    await life.start();
    await resting(life);
    const { log } = life.store;
    expect(log.at(-1)).toMatchObject({ type: "halted", step: "mail", failure: { code: "LOG_FULL" } });
    expect(log.length).toBeLessThan(MOST_EVENTS + 10);
    const halted = attemptsOf(life, "mail").length;
    await life.time.until(() => false, life.time.now() + 3 * 86_400_000);
    expect(attemptsOf(life, "mail")).toHaveLength(halted);
    works = true;
    life.driver.order({ requestId: "r", actor: "ops", reason: "works again" }, { verb: "retry" });
    expect(life.driver.snapshot()?.parked).toEqual([]);
    expect(await life.ends()).toBe(true);
    expect(life.driver.snapshot()).toMatchObject({ state: "COMPLETED", parked: [] });
  });

  it("keeps nobody from ending it, and takes what is under way", () => {
    const full = { ...BEGINNING, events: MOST_EVENTS, halted: "flight" };
    const killed = { ...full, wanted: { end: "killed", failure: { code: "KILLED", status: 409 } } } as const;
    expect(next(trip.plan, killed, 0)).toMatchObject({ event: { type: "ended", state: "KILLED" } });
    expect(next(trip.plan, full, 0)).toMatchObject({ type: "wait" });
    expect(next(trip.plan, { ...full, halted: undefined }, 0)).toMatchObject({
      event: { type: "halted", step: "flight" },
    });
    expect(triesOf(full, "flight", "do").attempts).toBe(0);
  });
});
