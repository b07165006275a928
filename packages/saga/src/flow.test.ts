import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { Doing } from "./builder.ts";
import { saga } from "./definition.ts";
import { fold } from "./fold.ts";
import { things } from "./testing/definition.ts";
import { Life } from "./testing/life.ts";
import { dead, type Script } from "./testing/world.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const { make, unmake } = things.operations;
const input = ({ sagaId }: Doing<unknown, unknown>) => ({ ref: sagaId });
const undo = { operation: unmake, input };
const back = { input, undo };
const start = () => saga("flow", { version: 1, input: z.object({ to: z.string() }) });
const refuse =
  (...keys: string[]): Script =>
  (step, phase) =>
    keys.includes(step) && phase === "do" ? "business" : "ok";
const MINUTE = 60_000;

describe("parallel branches", () => {
  const both = start()
    .compensatable("first", make, back)
    .parallel("both", {
      left: (branch) => branch.compensatable("l1", make, back).compensatable("l2", make, back),
      right: (branch) => branch.compensatable("r1", make, back),
    })
    .pivot("pay", make, { input: ({ results }) => ({ ref: `${results.l2.step} ${results.r1.step}` }) });

  it("run at the same time, and what follows waits for all", async () => {
    const life = new Life(() => "ok", both);
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.atOnce).toBe(2);
    expect(life.world.attempts).toEqual(["first", "l1", "r1", "l2", "pay"].map((step) => `do ${step} 1`));
    expect(life.driver.snapshot()).toMatchObject({ state: "COMPLETED", results: { l2: {}, r1: {} } });
  });

  it("begin nothing new once one has failed, and what is under way ends before all is undone, last begun first", async () => {
    const life = new Life(refuse("l1"), both);
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.world.attempts.slice(1)).toEqual(["do l1 1", "do r1 1", "undo r1 1", "undo first 1"]);
    expect(life.driver.snapshot()).toMatchObject({ state: "COMPENSATED", failure: { step: "l1" } });
    // What was under way has told its outcome before the saga turned.
    const types = life.store.log.map((event) =>
      "step" in event ? `${event.type} ${event.step}` : event.type,
    );
    expect(types).not.toContain("discarded r1");
    expect(types.indexOf("done r1")).toBeLessThan(types.indexOf("compensating l1"));
  });

  it("are all tried again by the process that follows a dead one", async () => {
    const life = new Life(() => "ok", both);
    await life.start();
    await life.time.until(() => life.store.log.filter(({ type }) => type === "intent").length === 3);
    life.kill();
    expect(await life.ends(MINUTE)).toBe(true);
    expect(life.world.attempts).toContain("do l1 2");
    expect(life.world.attempts).toContain("do r1 2");
    expect(life.world.effects).toHaveLength(5);
  });
});

describe("a choice", () => {
  let asked = 0;
  const either = start()
    .choice("by", ({ input: { to } }) => (asked++, to === "Rome" ? "plane" : "train"), {
      plane: (branch) => branch.compensatable("fly", make, back),
      train: (branch) => branch.compensatable("ride", make, back),
    })
    .pivot("pay", make, { input: ({ results }) => ({ ref: results.fly?.step ?? "by train" }) });

  it("runs the branch that its predicate names, and writes that down before anything of it begins", async () => {
    asked = 0;
    const life = new Life(() => "ok", either);
    await life.start();
    await life.time.until(() => life.store.log.some(({ type }) => type === "resolved"));
    life.kill();
    await life.ends(MINUTE);
    expect(life.driver.snapshot()).toMatchObject({ state: "COMPLETED" });
    expect(life.world.standing).toEqual(["fly", "pay"]);
    expect(life.store.log.find(({ type }) => type === "resolved")).toMatchObject({
      step: "by",
      value: "plane",
    });
    expect(asked).toBe(1);
  });

  it("that cannot be made sends the saga back", async () => {
    const broken = start()
      .compensatable("first", make, back)
      .choice("by", () => "nowhere" as "train", {
        train: (branch) => branch.compensatable("ride", make, back),
      });
    const life = new Life(() => "ok", broken);
    await life.start();
    await life.ends();
    expect(life.driver.snapshot()).toMatchObject({
      state: "COMPENSATED",
      failure: { step: "by", code: "INTERNAL" },
    });
  });
});

describe("a map", () => {
  const each = start()
    .map(
      "parcels",
      () => ["a", "b", "c", "d", "e"],
      { max: 5, concurrency: 2 },
      (parcel) =>
        parcel.compensatable("pack", make, {
          input: ({ item, index }) => ({ ref: `${index}${item}` }),
          undo,
        }),
    )
    .pivot("pay", make, {
      input: ({ results }) => ({ ref: results.parcels.map(({ pack }) => pack.step).join() }),
    });

  it("runs its steps for every item, so many at the same time, each under a key of its own", async () => {
    const life = new Life(() => "ok", each);
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.atOnce).toBe(2);
    const keys = [0, 1, 2, 3, 4].map((index) => `pack[${index}]`);
    expect(life.world.standing).toEqual([...keys, "pay"]);
    expect(life.driver.snapshot()?.results).toMatchObject({
      parcels: keys.map((step) => ({ pack: { step } })),
    });
  });

  it("undoes what was done for other items when one fails", async () => {
    const life = new Life(refuse("pack[3]"), each);
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.world.standing).toEqual([]);
    expect(life.world.effects).toContain("undo pack[0]");
    expect(life.driver.snapshot()?.failure?.step).toBe("pack[3]");
  });

  it("refuses more items than it is made for", async () => {
    const items = ["a", "b"];
    const small = start().map(
      "parcels",
      () => items,
      { max: 1, concurrency: 1 },
      (parcel) => parcel.compensatable("pack", make, back),
    );
    const life = new Life(() => "ok", small);
    await life.start();
    await life.ends();
    expect(life.world.attempts).toEqual([]);
    expect(life.driver.snapshot()?.state).toBe("COMPENSATED");
  });
});

describe("a wait", () => {
  const Answer = z.object({ yes: z.boolean() });
  const asking = (onTimeout: "compensate" | "continue") =>
    start()
      .compensatable("hold", make, back)
      .waitFor("approval", { signal: Answer, timeout: 10 * MINUTE, onTimeout })
      .pivot("pay", make, { input: ({ results }) => ({ ref: String(results.approval?.yes) }) });
  const waiting = (life: Life) =>
    life.time.until(() => life.store.log.some(({ type }) => type === "waiting"));

  it("goes on with what a signal brings; the same signal counts once", async () => {
    const life = new Life(() => "ok", asking("compensate"));
    await life.start();
    await waiting(life);
    expect(life.driver.signal("s1", "approval", { yes: true })).toBe("accepted");
    expect(life.driver.signal("s1", "approval", { yes: true })).toBe("known");
    expect(() => life.driver.signal("s1", "approval", { yes: false })).toThrow(
      expect.objectContaining({ code: "REQUEST_ID_REUSED", status: 422 }),
    );
    expect(await life.ends()).toBe(true);
    expect(life.driver.snapshot()).toMatchObject({
      state: "COMPLETED",
      results: { approval: { yes: true } },
    });
  });

  it("finds a signal that came before it, also after the process has died", async () => {
    const life = new Life(() => "ok", asking("compensate"));
    await life.start();
    life.driver.signal("s1", "approval", { yes: true });
    life.kill();
    expect(await life.ends(MINUTE)).toBe(true);
    expect(life.driver.snapshot()?.state).toBe("COMPLETED");
  });

  it("is left to the alarm, and ends in vain as it was told to", async () => {
    for (const [onTimeout, state] of [
      ["compensate", "COMPENSATED"],
      ["continue", "COMPLETED"],
    ] as const) {
      const life = new Life(() => "ok", asking(onTimeout));
      await life.start();
      await life.time.until(() => !life.driver.isDriving);
      expect(life.alarmAt).toBeGreaterThan(life.time.now() + 9 * MINUTE);
      life.restart();
      expect(await life.ends()).toBe(true);
      expect(life.driver.snapshot()?.state).toBe(state);
    }
  });

  it("takes no signal of another shape, for another name or after the end", async () => {
    const life = new Life(() => "ok", asking("continue"));
    await life.start();
    expect(() => life.driver.signal("s", "approval", { yes: 1 })).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        errors: [{ pointer: "/yes", message: expect.any(String) }],
      }),
    );
    expect(() => life.driver.signal("s", "hold", {})).toThrow(
      expect.objectContaining({ code: "STEP_UNKNOWN" }),
    );
    await life.ends();
    expect(() => life.driver.signal("s", "approval", { yes: true })).toThrow(
      expect.objectContaining({ code: "SAGA_ENDED" }),
    );
  });

  it("leaves a signal on record as dropped also when the saga goes back or is killed", async () => {
    for (const [verb, state] of [
      ["fail", "COMPENSATED"],
      ["kill", "KILLED"],
    ] as const) {
      const life = new Life(() => "ok", asking("continue"));
      await life.start();
      await life.time.until(() => life.store.log.some(({ type }) => type === "intent"));
      life.driver.signal("s1", "approval", { yes: true });
      life.driver.order({ requestId: "r", actor: "ops", reason: "because" }, { verb });
      await life.ends();
      expect(life.store.log.find(({ type }) => type === "ended")).toMatchObject({ state, dropped: ["s1"] });
    }
  });

  it("says of a signal that comes after its time that nobody hears it", async () => {
    const life = new Life(dead("pay"), asking("continue"));
    await life.start();
    await life.time.until(() => life.store.log.some(({ type }) => type === "elapsed"));
    expect(life.driver.signal("s1", "approval", { yes: true })).toBe("late");
  });

  it("is found in a map and in a sub-saga by its place, and nowhere else", async () => {
    const Seen = z.object({ by: z.string() });
    const wait = { signal: Seen, timeout: MINUTE, onTimeout: "compensate" } as const;
    const sub = start().waitFor("seen", wait);
    const many = start()
      .map(
        "parcels",
        () => ["a", "b"],
        { max: 5, concurrency: 1 },
        (each) => each.waitFor("packed", wait),
      )
      .subSaga("check", sub, { input: () => ({ to: "Rome" }) });
    const life = new Life(() => "ok", many);
    await life.start();
    const signal = (step: string) => () => life.driver.signal(step, step, { by: "ann" });
    await waiting(life);
    for (const step of [
      "packed",
      "packed[2]",
      "packed[0][0]",
      "check[0].seen",
      "seen",
      "parcels",
      "check.packed[0]",
    ])
      expect(signal(step)).toThrow(expect.objectContaining({ code: "STEP_UNKNOWN" }));
    for (const step of ["check.seen", "packed[1]", "packed[0]"]) expect(signal(step)()).toBe("accepted");
    await life.ends();
    expect(life.driver.snapshot()?.state).toBe("COMPLETED");
  });

  it("takes in no more signals than there can be waits", async () => {
    const life = new Life(() => "ok", asking("continue"));
    await life.start();
    const signal = (number: number) => life.driver.signal(`s${number}`, "approval", { yes: true });
    for (let number = 0; number < 1_000; number++) signal(number);
    expect(() => signal(1_000)).toThrow(expect.objectContaining({ code: "TOO_MANY_SIGNALS", status: 409 }));
    expect(signal(1)).toBe("known");
  });

  it("leaves a second signal on record as dropped, and says that it comes late", async () => {
    const life = new Life(() => "ok", asking("continue"));
    await life.start();
    expect(life.driver.signal("s1", "approval", { yes: true })).toBe("accepted");
    expect(life.driver.signal("s2", "approval", { yes: false })).toBe("late");
    await life.ends();
    expect(life.store.log.at(-1)).toMatchObject({ type: "ended", dropped: ["s2"] });
  });
});

describe("a delay", () => {
  it("holds up what follows", async () => {
    const later = start()
      .compensatable("a", make, back)
      .delay("pause", 2 * MINUTE)
      .pivot("b", make, { input });
    const life = new Life(() => "ok", later);
    const began = life.time.now();
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.time.now() - began).toBe(2 * MINUTE + 2 * life.latency);
  });
});

describe("a sub-saga", () => {
  const seen: unknown[] = [];
  const payment = saga("payment", { version: 3, input: z.object({ ref: z.string() }) })
    .compensatable("hold", make, { input: (view) => (seen.push(view.input), { ref: view.input.ref }), undo })
    .pivot("pay", make, { input: ({ results }) => ({ ref: results.hold.step }) });
  const outer = start()
    .compensatable("hold", make, back)
    .subSaga("payment", payment, { input: ({ results }) => ({ ref: results.hold.step }) })
    .retriable("mail", make, { input: ({ results }) => ({ ref: results.payment.pay.step }) });

  it("runs as a part of the other, with an input and with names of its own", async () => {
    const life = new Life(() => "ok", outer);
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.world.standing).toEqual(["hold", "payment.hold", "payment.pay", "mail"]);
    expect(seen.at(-1)).toEqual({ ref: "hold" });
    expect(life.driver.snapshot()?.results).toMatchObject({ payment: { pay: { step: "payment.pay" } } });
  });

  it("is undone with it", async () => {
    const life = new Life(refuse("payment.pay"), outer);
    await life.start();
    expect(await life.ends()).toBe(true);
    expect(life.world.attempts.slice(-2)).toEqual(["undo payment.hold 1", "undo hold 1"]);
  });
});

it("an answer that comes when it is no longer waited for is on record and changes nothing", async () => {
  const life = new Life();
  life.latency = 2_000;
  await life.start();
  await life.time.until(() => life.store.log.some(({ type }) => type === "discarded"));
  expect(life.store.log.find(({ type }) => type === "discarded")).toMatchObject({
    step: "flight",
    attempt: 1,
    epoch: 1,
    outcome: "done",
  });
  expect(fold(life.store.log).steps["flight"]?.do?.done).toBe(false);
});
