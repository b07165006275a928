import * as z from "zod";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Doing } from "./builder.ts";
import { saga } from "./definition.ts";
import { callsOf } from "./nodes.ts";
import { others, things, trip } from "./testing/definition.ts";

const { make, unmake, look } = things.operations;
const input = ({ sagaId }: Doing<unknown, unknown>) => ({ ref: sagaId });
const undo = { operation: unmake, input };
const start = () => saga("s", { version: 1, input: z.object({}) });

describe("a saga that breaks the rules cannot be built, and says which step and what to do", () => {
  const toPivot = () => start().compensatable("a", make, { input, undo }).pivot("p", make, { input });

  it("compensatable after the pivot", () => {
    // @ts-expect-error -- the type after a pivot has no such step
    const build = () => toPivot().compensatable("b", make, { input, undo });
    expect(build).toThrow(/"s", step "b": .* after the pivot "p".*move it before/);
  });
  it("two pivots", () => {
    // @ts-expect-error -- the type after a pivot has no such step
    const build = () => toPivot().pivot("q", make, { input });
    expect(build).toThrow(/step "q": "p" is already the pivot.*make one of the two/);
  });
  it("retriable before the pivot", () => {
    // @ts-expect-error -- the type before a pivot has no such step
    const build = () => start().compensatable("a", make, { input, undo }).retriable("r", make, { input });
    expect(build).toThrow(/step "r": .*no undo.*move it behind the pivot/);
  });
  it("no undo", () => {
    // @ts-expect-error -- undo is required
    expect(() => start().compensatable("a", make, { input })).toThrow(/step "a": .*needs an `undo`/);
  });
  it("the same name twice", () => {
    // @ts-expect-error -- the name is taken
    expect(() => toPivot().retriable("a", make, { input })).toThrow(
      /step "a": .*already a step of this name/,
    );
  });
  it("an action without a fence", () => {
    expect(() => start().pivot("p", look, { input })).toThrow(
      /step "p": things.look may take effect twice.*fenced: "do"/,
    );
    expect(() => start().pivot("p", unmake, { input })).toThrow(/fenced: "do"/);
  });
  it("an undo without a fence, or behind another service's", () => {
    expect(() => start().compensatable("a", make, { input, undo: { operation: make, input } })).toThrow(
      /undo things.make.*fenced: "undo"/,
    );
    expect(() =>
      start().compensatable("a", make, { input, undo: { operation: others.operations.unmake, input } }),
    ).toThrow(/undo others.unmake belongs to another service/);
  });
});

describe("a definition", () => {
  it("is data: steps, operations and limits, frozen", () => {
    expect(trip.plan.steps.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "compensatable flight",
      "compensatable hotel",
      "compensatable car",
      "pivot pay",
      "retriable tickets",
      "retriable mail",
    ]);
    expect(trip.plan.steps[0]).toEqual({
      name: "flight",
      kind: "compensatable",
      do: {
        operation: "things.make",
        retry: { timeout: 1_000, attempts: 4, budget: 8_000, base: 250, cap: 5_000 },
      },
      undo: {
        operation: "things.unmake",
        retry: { timeout: 1_000, attempts: null, budget: 600_000, base: 500, cap: 60_000, repeats: 20 },
      },
    });
    expect(JSON.parse(JSON.stringify(trip.plan))).toEqual(trip.plan);
    expect(Object.isFrozen(trip)).toBe(true);
    expect(Object.isFrozen(callsOf(trip.plan)[0]?.do.retry)).toBe(true);
  });

  it("has a hash that changes with the steps and with nothing else", () => {
    const a = start().pivot("p", make, { input });
    expect(start().pivot("p", make, { input: () => ({ ref: "else" }) }).hash).toBe(a.hash);
    expect(start().pivot("p", make, { input, retry: { attempts: 3 } }).hash).toBe(a.hash);
    expect(start().pivot("q", make, { input }).hash).not.toBe(a.hash);
    expect(a.retriable("r", make, { input }).hash).not.toBe(a.hash);
    expect(a.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("stays as it is when it is extended", () => {
    const base = start().compensatable("a", make, { input, undo });
    base.pivot("p", make, { input });
    expect(base.plan.steps).toHaveLength(1);
  });

  it("knows the results of the steps before, and not those behind", () => {
    start()
      .compensatable("a", make, {
        input,
        undo: {
          operation: unmake,
          input: ({ results, failure }) => {
            expectTypeOf(results.a).toEqualTypeOf<{ step: string } | undefined>();
            return { ref: failure.code };
          },
        },
      })
      .pivot("p", make, {
        input: ({ results }) => {
          expectTypeOf(results.a).toEqualTypeOf<{ step: string }>();
          expectTypeOf(results).not.toHaveProperty("p");
          return { ref: results.a.step };
        },
      });
  });
});

describe("branches keep the rules, too", () => {
  const compensatable = { input, undo };
  const toPivot = () => start().compensatable("a", make, compensatable).pivot("p", make, { input });
  const wait = { signal: z.object({}), timeout: 1_000, onTimeout: "continue" } as const;
  const limits = { max: 2, concurrency: 1 };
  type Any = Parameters<Parameters<ReturnType<typeof start>["map"]>[3]>[0];

  it("a pivot in a parallel branch or a map", () => {
    expect(() =>
      // @ts-expect-error -- the type inside a parallel branch has no pivot
      start().parallel("both", { left: (branch) => branch.pivot("p", make, { input }) }),
    ).toThrow(/step "p": a pivot cannot be in the parallel branches of "both".*move it behind/);
    expect(() =>
      start().map(
        "each",
        () => [1],
        limits,
        // @ts-expect-error -- the type inside a map has no pivot
        (each) => each.pivot("p", make, { input }),
      ),
    ).toThrow(/step "p": a pivot cannot be in the map "each"/);
  });
  it("steps with an undo behind the pivot, and without one before it", () => {
    expect(() =>
      // @ts-expect-error -- the type behind the pivot has no such step
      toPivot().parallel("both", { left: (branch) => branch.compensatable("b", make, compensatable) }),
    ).toThrow(/step "b": .* after the pivot "p"/);
    expect(() =>
      start().map(
        "each",
        () => [1],
        limits,
        // @ts-expect-error -- the type before the pivot has no such step
        (each) => each.retriable("r", make, { input }),
      ),
    ).toThrow(/step "r": .*no undo/);
    const ok = toPivot().parallel("both", { left: (branch) => branch.retriable("b", make, { input }) });
    expect(ok.plan.steps).toHaveLength(3);
  });
  it("a choice that passes the pivot in one branch only", () => {
    const build = () =>
      start().choice("way", () => "short", {
        short: (branch) => branch.pivot("p", make, { input }),
        long: (branch) => branch.compensatable("a", make, compensatable),
      });
    expect(build).toThrow(/step "way": .*"long" does not.*give each a pivot/);
    const each = start().choice("way", () => "short", {
      short: (branch) => branch.pivot("p", make, { input }),
      long: (branch) => branch.pivot("q", make, { input }),
    });
    expect(() => each.retriable("r", make, { input })).not.toThrow();
    // @ts-expect-error -- the type behind the pivot has no such step
    expect(() => each.compensatable("b", make, compensatable)).toThrow(/after the pivot/);
  });
  it("a wait without an end, or one that wants to go back behind the pivot", () => {
    // @ts-expect-error -- a timeout is required
    expect(() => start().waitFor("w", { signal: z.object({}), onTimeout: "continue" })).toThrow(
      /step "w": a wait must end by itself; give it a `timeout`/,
    );
    // @ts-expect-error -- what happens then is required
    expect(() => start().waitFor("w", { signal: z.object({}), timeout: 5 })).toThrow(/set `onTimeout`/);
    // @ts-expect-error -- behind the pivot nothing goes back
    expect(() => toPivot().waitFor("w", { ...wait, onTimeout: "compensate" })).toThrow(
      /step "w": nothing is undone after the pivot/,
    );
  });
  it("an unbounded map, and a saga that is too large", () => {
    const body = (each: Any) => each.compensatable("a", make, compensatable);
    // @ts-expect-error -- a map needs its bound
    expect(() => start().map("m", () => [1], { concurrency: 1 }, body)).toThrow(
      /step "m": a map must be bounded/,
    );
    expect(() => start().map("m", () => [1], { max: 2, concurrency: 3 }, body)).toThrow(
      /`concurrency` between/,
    );
    expect(() =>
      start().map(
        "m",
        () => [1],
        { max: 300, concurrency: 3 },
        (each) => body(each).compensatable("b", make, compensatable),
      ),
    ).toThrow(/step "m": .*more than 500 calls/);
  });
  it("the same name in two branches, and a name that is none", () => {
    expect(() =>
      start().parallel("both", {
        left: (branch) => branch.compensatable("a", make, compensatable),
        right: (branch) => branch.compensatable("a", make, compensatable),
      }),
    ).toThrow(/step "a": there is already a step of this name/);
    expect(() => start().delay("a.b", 1)).toThrow(/"a.b" is no name of a step/);
    expect(() => start().delay("d", Number.POSITIVE_INFINITY)).toThrow(/step "d": a delay needs a length/);
    expect(() => start().parallel("none", {})).toThrow(/step "none": it has no branches/);
  });
  it("a sub-saga behind the pivot, or with a pivot where none may be", () => {
    const sub = saga("sub", { version: 1, input: z.object({}) }).pivot("p", make, { input });
    // @ts-expect-error -- what can be undone cannot come behind the pivot
    expect(() => toPivot().subSaga("s", sub, { input: () => ({}) })).toThrow(
      /step "s": .*cannot come after the pivot/,
    );
    expect(() =>
      start().parallel("both", {
        // @ts-expect-error -- the sub-saga holds a pivot
        left: (branch) => branch.subSaga("s", sub, { input: () => ({}) }),
      }),
    ).toThrow(/step "s": its pivot cannot be in the parallel branches/);
    expect(() =>
      start()
        .subSaga("s", sub, { input: () => ({}) })
        // @ts-expect-error -- the sub-saga's pivot was this saga's
        .pivot("q", make, { input }),
    ).toThrow(/"p" is already the pivot/);
  });
});
