import { beforeEach, describe, expect, it, vi } from "vitest";
import type { EndState } from "./event.ts";
import type { Order } from "./order.ts";
import type { Plan } from "./plan.ts";
import { saga } from "./definition.ts";
import { journey } from "./testing/conformance/journey.ts";
import { things, trip } from "./testing/definition.ts";
import { Life } from "./testing/life.ts";
import { dead, type Script } from "./testing/world.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

let requests = 0;
const give = (life: Life, order: Order, requestId = `r${++requests}`) =>
  life.driver.order({ requestId, actor: "ops@weft", reason: "because" }, order);
const refusal = (code: string) => expect.objectContaining({ code, status: 409 }) as Error;
const stateOf = (life: Life) => life.driver.snapshot()?.state;
/** A saga as it is when it rests with this step parked. */
async function parkedAt(step: string, until?: number): Promise<Life> {
  const life = new Life(dead(step, "do", until));
  await life.start();
  await life.time.until(
    () => life.driver.snapshot()?.parked.includes(step) === true && !life.driver.isDriving,
  );
  return life;
}
/** A saga whose hotel was given up on the way back. */
async function partly(until?: number): Promise<Life> {
  const life = new Life((step, phase, attempt) =>
    step === "pay" ? "business" : dead("hotel", "undo", until)(step, phase, attempt),
  );
  await life.start();
  await life.ends();
  expect(stateOf(life)).toBe("PARTIALLY_COMPENSATED");
  return life;
}
/** A saga while this step's attempt is under way. */
async function during(step: string, script?: Script): Promise<Life> {
  const life = new Life(script);
  await life.start();
  await life.time.until(() => {
    const last = life.store.log.at(-1);
    return last?.type === "intent" && last.step === step;
  });
  return life;
}

describe("every order", () => {
  it("is carried out once per request id, with who gave it and why on record", async () => {
    const life = await parkedAt("mail");
    expect(give(life, { verb: "complete" }, "r")).toBe("new");
    await life.ends();
    expect(give(life, { verb: "complete" }, "r")).toBe("again");
    life.restart();
    expect(give(life, { verb: "complete" }, "r")).toBe("again");
    expect(() => give(life, { verb: "kill" }, "r")).toThrow(
      expect.objectContaining({ code: "REQUEST_ID_REUSED" }),
    );
    expect(life.store.log.filter(({ type }) => type === "ordered")).toMatchObject([
      { requestId: "r", actor: "ops@weft", reason: "because", order: { verb: "complete" } },
    ]);
  });
  it("is for a saga and a step that are there", async () => {
    expect(() => give(new Life(), { verb: "kill" })).toThrow(
      expect.objectContaining({ code: "SAGA_UNKNOWN" }),
    );
    const life = await parkedAt("mail");
    const wrong: Order = { verb: "compensated", step: "nothing" };
    expect(() => give(life, wrong)).toThrow(expect.objectContaining({ code: "STEP_UNKNOWN" }));
  });
  it.each<EndState>(["COMPLETED", "COMPENSATED", "KILLED"])(
    "comes too late for a saga that is %s",
    async (state) => {
      const life = await during("flight", state === "COMPENSATED" ? dead("car") : undefined);
      if (state === "KILLED") give(life, { verb: "kill" });
      await life.ends();
      expect(stateOf(life)).toBe(state);
      for (const order of [{ verb: "retry" }, { verb: "skip", step: "mail", output: { step: "" } }] as const)
        expect(() => give(life, order)).toThrow(refusal("SAGA_ENDED"));
    },
  );
});

describe("retry", () => {
  it("tries a parked step at once, with a fresh set of attempts", async () => {
    const life = await parkedAt("mail", 21);
    const before = life.time.now();
    give(life, { verb: "retry" });
    expect(await life.ends()).toBe(true);
    expect(life.time.now() - before).toBeLessThan(1_000);
    expect(stateOf(life)).toBe("COMPLETED");
  });
  it("waits no longer between the new attempts than between the first ones", async () => {
    const life = await parkedAt("mail", 24);
    const before = life.time.now();
    give(life, { verb: "retry" });
    expect(await life.ends()).toBe(true);
    expect(life.time.now() - before).toBeLessThan(5_000);
  });
  it("is refused where nothing waits", async () => {
    expect(() => give(new Life(), { verb: "retry" })).toThrow();
    const life = await during("hotel");
    expect(() => give(life, { verb: "retry" })).toThrow(refusal("STEP_NOT_OPEN"));
  });
  it("takes up an undo that was given up", async () => {
    const life = await partly();
    const tried = life.world.attempts.filter((attempt) => attempt.startsWith("undo hotel")).length;
    const again = new Life((step, phase, attempt) =>
      step === "pay" ? "business" : dead("hotel", "undo", tried + 1)(step, phase, attempt),
    );
    await again.start();
    await again.ends();
    expect(stateOf(again)).toBe("PARTIALLY_COMPENSATED");
    give(again, { verb: "retry", step: "hotel" });
    expect(await again.ends()).toBe(true);
    expect(stateOf(again)).toBe("COMPENSATED");
    expect(again.published.at(-1)?.state).toBe("COMPENSATED");
    expect(again.world.standing).toEqual([]);
  });
});

describe("skip", () => {
  it("counts a step as done with an output that its operation could have answered", async () => {
    const life = await parkedAt("tickets");
    expect(() => give(life, { verb: "skip", step: "tickets", output: { seat: 1 } })).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        errors: [{ pointer: "/step", message: expect.any(String) }],
      }),
    );
    give(life, { verb: "skip", step: "tickets", output: { step: "by hand" } });
    expect(await life.ends()).toBe(true);
    expect(life.driver.snapshot()).toMatchObject({
      state: "COMPLETED",
      results: { tickets: { step: "by hand" } },
    });
  });
  it("discards the outcome of the attempt that is under way", async () => {
    const life = await during("flight");
    give(life, { verb: "skip", step: "flight", output: { step: "by hand" } });
    expect(await life.ends()).toBe(true);
    expect(life.store.log).toContainEqual(
      expect.objectContaining({ type: "discarded", step: "flight", outcome: "done" }),
    );
    expect(life.driver.snapshot()?.results).toMatchObject({ flight: { step: "by hand" } });
  });
  it("is refused for what is no step, though nothing can say what it would answer", async () => {
    const life = await parkedAt("tickets");
    const skip = { verb: "skip", step: "ticket", output: { step: "by hand" } } as const;
    expect(() => give(life, skip)).toThrow(expect.objectContaining({ code: "STEP_UNKNOWN", status: 404 }));
  });
  it("is refused for a wait, which is brought its signal", async () => {
    const life = new Life(() => "ok", journey);
    await life.start();
    await life.time.until(() => life.store.log.at(-1)?.type === "waiting");
    expect(() => give(life, { verb: "skip", step: "approved", output: { by: "ann" } })).toThrow(
      expect.objectContaining({ code: "STEP_NOT_OPEN", detail: expect.stringContaining("signal") }),
    );
  });
  it("is refused for a step whose turn it is not", async () => {
    const life = await parkedAt("tickets");
    for (const step of ["flight", "mail"])
      expect(() => give(life, { verb: "skip", step, output: { step } })).toThrow(refusal("STEP_NOT_OPEN"));
  });
});

describe("cancel and fail", () => {
  it.each(["cancel", "fail"] as const)(
    "%s before the pivot goes back when what is under way has ended",
    async (verb) => {
      const life = await during("hotel");
      give(life, { verb });
      expect(await life.ends()).toBe(true);
      expect(life.world.attempts).toEqual(["do flight 1", "do hotel 1", "undo hotel 1", "undo flight 1"]);
      const code = verb === "cancel" ? "CANCELLED" : "FAILED_BY_OPERATOR";
      expect(life.driver.snapshot()).toMatchObject({
        state: "COMPENSATED",
        failure: { code, detail: "because" },
      });
      expect(give(life, { verb })).toBe("void");
    },
  );
  it("cancel while the pivot is under way is decided by the pivot", async () => {
    for (const [behaviour, state] of [
      ["ok", "COMPLETED"],
      ["lost", "COMPLETED"],
      ["business", "COMPENSATED"],
      ["transient", "COMPENSATED"],
    ] as const) {
      const life = await during("pay", (step, phase, attempt) =>
        step === "pay" && phase === "do" && attempt === 1 ? behaviour : "ok",
      );
      expect(() => give(life, { verb: "fail" })).toThrow(refusal("PIVOT_PENDING"));
      expect(give(life, { verb: "cancel" })).toBe("new");
      expect(await life.ends()).toBe(true);
      expect(stateOf(life)).toBe(state);
    }
  });
  it("come too late for a saga that was killed: nothing of it was taken back", async () => {
    const life = await during("hotel");
    give(life, { verb: "kill" });
    await life.ends();
    for (const verb of ["cancel", "fail"] as const)
      expect(() => give(life, { verb })).toThrow(refusal("SAGA_ENDED"));
  });
  it("are refused after the pivot, and change nothing while the saga goes back", async () => {
    const after = await parkedAt("mail");
    for (const verb of ["cancel", "fail"] as const)
      expect(() => give(after, { verb })).toThrow(refusal("PAST_PIVOT"));
    const back = new Life(dead("car"));
    await back.start();
    await back.time.until(() => stateOf(back) === "COMPENSATING");
    const { length } = back.store.log;
    expect(give(back, { verb: "cancel" })).toBe("void");
    expect(back.store.log).toHaveLength(length);
  });
});

describe("complete", () => {
  it("leaves out what is left behind the pivot, and is refused before it", async () => {
    const life = await parkedAt("tickets");
    give(life, { verb: "complete" });
    await life.ends();
    expect(stateOf(life)).toBe("COMPLETED");
    expect(life.world.standing).not.toContain("mail");
    const early = await during("car");
    expect(() => give(early, { verb: "complete" })).toThrow(refusal("BEFORE_PIVOT"));
  });
});

describe("compensated", () => {
  it("takes somebody's word for an undo that was given up", async () => {
    const life = await partly();
    give(life, { verb: "compensated", step: "hotel" });
    await life.time.until(() => stateOf(life) === "COMPENSATED");
    expect(life.driver.snapshot()?.undone).toContain("hotel");
    expect(give(life, { verb: "compensated", step: "hotel" }, "other")).toBe("void");
  });
  it("is refused while the saga goes forward, and for what has no undo", async () => {
    const life = await parkedAt("mail");
    expect(() => give(life, { verb: "compensated", step: "hotel" })).toThrow(refusal("STEP_NOT_OPEN"));
    const back = await partly();
    expect(() => give(back, { verb: "compensated", step: "pay" })).toThrow(refusal("STEP_NOT_OPEN"));
  });
});

describe("kill", () => {
  it("stops at once, undoes nothing and makes no further call", async () => {
    const life = await during("hotel");
    give(life, { verb: "kill" });
    expect(await life.ends()).toBe(true);
    await life.time.until(() => false, life.time.now() + 60_000);
    expect(life.driver.snapshot()).toMatchObject({ state: "KILLED", settled: true });
    expect(life.world.attempts).toEqual(["do flight 1", "do hotel 1"]);
    expect(life.store.log.slice(-2)).toMatchObject([
      { type: "ended", state: "KILLED" },
      { type: "discarded" },
    ]);
  });
});

describe("migrate", () => {
  const { make, unmake } = things.operations;
  const input = ({ sagaId }: { sagaId: string }) => ({ ref: sagaId });
  const back = { input, undo: { operation: unmake, input } };
  const from = saga("tour", { version: 1, input: trip.input })
    .compensatable("flight", make, back)
    .delay("night", 60_000)
    .pivot("pay", make, { input });
  const begin = saga("tour", { version: 2, input: trip.input }).compensatable("flight", make, back);
  const to = begin.delay("night", 60_000).compensatable("car", make, back).pivot("pay", make, { input });
  const late = saga("tour", { version: 2, input: trip.input })
    .compensatable("car", make, back)
    .compensatable("flight", make, back)
    .delay("night", 60_000);
  const other = begin.pivot("night", make, { input });
  async function atNight(): Promise<Life> {
    const life = new Life(() => "ok", from);
    life.definition = (_, version) => (version === 1 ? from : to);
    await life.start();
    await life.time.until(() => life.store.log.at(-1)?.type === "waiting");
    return life;
  }

  it("goes on after another version, also in the next process", async () => {
    const life = await atNight();
    give(life, { verb: "migrate", plan: to.plan, hash: to.hash });
    life.kill();
    expect(await life.ends()).toBe(true);
    expect(life.world.standing).toEqual(["flight", "car", "pay"]);
    expect(life.driver.snapshot()).toMatchObject({ version: 2, hash: to.hash });
  });
  describe("past a choice", () => {
    const fly = (add: boolean, branches: "two" | "one" = "two") => {
      const air = (branch: typeof both) => {
        const flown = branch.compensatable("flight", make, back);
        return add ? flown.compensatable("seat", make, back) : flown;
      };
      const land = (branch: typeof both) =>
        branch.delay("change", 1_000).compensatable("train", make, back).compensatable("bus", make, back);
      const both = saga("tour", { version: add || branches === "one" ? 2 : 1, input: trip.input });
      const by =
        branches === "two"
          ? both.choice("by", () => "air" as const, { air, land })
          : both.choice("by", () => "land" as const, { land });
      return by.delay("night", 60_000).compensatable("hotel", make, back).pivot("pay", make, { input });
    };
    async function waiting(definition: ReturnType<typeof fly>, step: string) {
      const life = new Life(() => "ok", definition);
      life.definition = () => definition;
      await life.start();
      await life.time.until(() => {
        const last = life.store.log.at(-1);
        return last?.type === "waiting" && last.step === step;
      });
      return life;
    }
    const move = (life: Life, { plan, hash }: { plan: Plan; hash: string }) =>
      give(life, { verb: "migrate", plan, hash });

    it("is not held up by the branch that was not taken", async () => {
      const life = await waiting(fly(false), "night");
      const to = fly(false).retriable("mail", make, { input });
      expect(move(life, { ...to, plan: { ...to.plan, version: 2 } })).toBe("new");
    });
    it("is refused where the branch that was taken has grown, or is gone", async () => {
      const life = await waiting(fly(false), "night");
      expect(() => move(life, fly(true))).toThrow(
        expect.objectContaining({ detail: expect.stringContaining("seat") }),
      );
      expect(() => move(life, fly(false, "one"))).toThrow(refusal("NOT_MIGRATABLE"));
    });
  });
  it("is refused where what has begun is other or comes later there, and while an attempt is under way", async () => {
    for (const { plan, hash } of [late, other, trip]) {
      const life = await atNight();
      expect(() => give(life, { verb: "migrate", plan, hash })).toThrow(refusal("NOT_MIGRATABLE"));
    }
    const life = await during("hotel");
    expect(() => give(life, { verb: "migrate", plan: trip.plan, hash: trip.hash })).toThrow(
      refusal("ATTEMPT_UNDER_WAY"),
    );
  });
});
