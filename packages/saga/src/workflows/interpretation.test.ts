import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { Doing } from "../builder.ts";
import { saga } from "../definition.ts";
import { fold } from "../fold.ts";
import { things, trip } from "../testing/definition.ts";
import type { Script } from "../testing/world.ts";
import { WorkflowLife } from "../testing/workflow-life.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

const { make, unmake } = things.operations;
const input = ({ sagaId }: Doing<unknown, unknown>) => ({ ref: sagaId });
const back = { input, undo: { operation: unmake, input } };
const day = 86_400_000;

/** A buyer sends something back: the money follows the parcel, or nothing happens at all. */
const returnParcel = saga("return-parcel", { version: 1, input: z.object({ to: z.string() }) })
  .compensatable("announce", make, back)
  .waitFor("arrived", { signal: z.object({ weight: z.int() }), timeout: 14 * day, onTimeout: "compensate" })
  .pivot("refund", make, { input: ({ results }) => ({ ref: `${results.arrived.weight} g` }) })
  .retriable("thank", make, { input });

const arrived = { kind: "signal", id: "scan-1", step: "arrived", payload: { weight: 900 } } as const;
const cancel = {
  kind: "order",
  signed: { requestId: "r1", actor: "ops", reason: "changed my mind" },
  order: { verb: "cancel" },
} as const;

describe("a return that waits for its parcel", () => {
  it("is refunded when the parcel arrives days later, though its process died meanwhile", async () => {
    const life = new WorkflowLife(() => "ok", returnParcel);
    life.start();
    await life.time.until(() => false, life.time.now() + 3 * day);
    expect(life.published.at(-1)).toMatchObject({ state: "RUNNING", dueAt: 1_000_005 + 14 * day });
    expect(life.world.standing).toEqual(["announce"]);
    life.restart();
    life.tell(arrived);
    await life.ends(day);
    expect(life.ended?.saga).toMatchObject({ state: "COMPLETED", results: { arrived: { weight: 900 } } });
    expect(life.world.attempts).toEqual(["do announce 1", "do refund 1", "do thank 1"]);
  });

  it("expires without one, and what was announced is taken back", async () => {
    const life = new WorkflowLife(() => "ok", returnParcel);
    const began = life.time.now();
    life.start();
    await life.ends();
    expect(life.time.now() - began).toBeGreaterThan(14 * day);
    expect(life.ended?.saga).toMatchObject({
      state: "COMPENSATED",
      failure: { step: "arrived", code: "DEADLINE_EXCEEDED" },
    });
    expect(life.world.standing).toEqual([]);
  });

  it("keeps a signal that comes before anybody waits, and counts it once", async () => {
    const life = new WorkflowLife(() => "ok", returnParcel);
    life.latency = 1_000;
    life.start();
    life.tell(arrived);
    life.tell(arrived);
    await life.ends(day);
    expect(life.ended?.saga.state).toBe("COMPLETED");
    expect(life.ended?.log.filter(({ type }) => type === "signalled")).toHaveLength(1);
  });

  it("goes back when it is cancelled, but not behind the pivot", async () => {
    const early = new WorkflowLife(() => "ok", returnParcel);
    early.start();
    early.tell(cancel);
    await early.ends(day);
    expect(early.ended?.saga).toMatchObject({ state: "COMPENSATED", failure: { code: "CANCELLED" } });

    const late = new WorkflowLife((step) => (step === "thank" ? "dead" : "ok"), returnParcel);
    late.start();
    late.tell(arrived);
    await late.time.until(() => late.world.standing.includes("refund"));
    late.tell(cancel);
    await late.time.until(() => false, late.time.now() + day / 24);
    expect(late.world.standing).toEqual(["announce", "refund"]);
    expect(late.ended).toBeUndefined();
  });
});

describe("a process that dies", () => {
  const scripts: Record<string, Script> = {
    happy: () => "ok",
    refused: (step, phase) => (step === "car" && phase === "do" ? "business" : "ok"),
    lost: (step, phase, attempt) => (phase === "do" && attempt === 1 && step !== "pay" ? "lost" : "ok"),
  };
  it.each(Object.entries(scripts))("at any moment is replayed to the same end: %s", async (_, script) => {
    const undisturbed = new WorkflowLife(script);
    undisturbed.start();
    await undisturbed.ends();
    const length = undisturbed.time.now() - 1_000_000;
    for (let moment = 0; moment <= length; moment += Math.max(1, Math.floor(length / 60))) {
      const life = new WorkflowLife(script);
      life.start();
      await life.time.until(() => false, life.time.now() + moment);
      life.restart();
      expect(await life.ends(day)).toBe(true);
      expect(life.ended?.saga.state).toBe(undisturbed.ended?.saga.state);
      expect(life.world.standing).toEqual(undisturbed.world.standing);
      expect(new Set(life.world.effects).size).toBe(life.world.effects.length);
    }
  });

  it("is replayed to the very same log, whatever else has come since", async () => {
    const life = new WorkflowLife((step, _, attempt) => (step === "hotel" && attempt < 3 ? "lost" : "ok"));
    life.latency = 100;
    life.start();
    await life.time.until(() => life.world.attempts.length === 2);
    life.tell({ ...arrived, step: "nowhere" });
    await life.ends();
    const first = life.ended;
    const calls = life.world.attempts.length;
    life.restart();
    await life.ends();
    expect(life.ended).toEqual(first);
    expect(life.world.attempts).toHaveLength(calls);
    expect(fold(first?.log ?? []).state).toBe(first?.saga.state);
  });

  it("within an attempt leaves one that may have taken effect: what was turned away afterwards is undone all the same", async () => {
    const life = new WorkflowLife((step, phase, attempt) => {
      if (step !== "flight" || phase === "undo") return "ok";
      return attempt === 1 ? "ok" : "refused";
    });
    life.latency = 100;
    life.start();
    await life.time.until(() => false, life.time.now() + 50);
    life.restart();
    await life.ends(day);
    expect(life.world.attempts.slice(0, 3)).toEqual(["do flight 1", "do flight 2", "undo flight 1"]);
    expect(life.ended?.saga).toMatchObject({ state: "COMPENSATED", undone: ["flight"] });
    expect(life.world.standing).toEqual([]);
  });
});

describe("parallel branches", () => {
  const both = saga("both", { version: 1, input: z.object({ to: z.string() }) })
    .parallel("both", {
      left: (branch) => branch.compensatable("l1", make, back).compensatable("l2", make, back),
      right: (branch) => branch.compensatable("r1", make, back),
    })
    .pivot("pay", make, { input });

  it("begin together, and a replay in the middle sees them end in the same order", async () => {
    const life = new WorkflowLife(() => "ok", both);
    life.start();
    await life.time.until(() => life.world.attempts.length === 2);
    life.restart();
    await life.ends();
    expect(life.ended?.saga).toMatchObject({ state: "COMPLETED" });
    expect([...life.world.standing].toSorted()).toEqual(["l1", "l2", "pay", "r1"]);
  });
});

describe("code that is not deployed", () => {
  it("is waited for, and nothing is given up meanwhile", async () => {
    const life = new WorkflowLife();
    const { definition } = life;
    life.definition = () => undefined;
    life.start();
    await life.time.until(() => false, life.time.now() + 600_000);
    expect(life.world.attempts).toEqual([]);
    life.definition = definition;
    await life.ends(600_000);
    expect(life.ended?.saga.state).toBe("COMPLETED");
    expect(life.world.standing).toHaveLength(trip.plan.steps.length);
  });
});
