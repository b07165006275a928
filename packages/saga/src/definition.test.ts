import * as z from "zod";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type Doing, saga } from "./definition.ts";
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
        retry: { timeout: 1_000, attempts: null, budget: 600_000, base: 500, cap: 60_000 },
      },
    });
    expect(JSON.parse(JSON.stringify(trip.plan))).toEqual(trip.plan);
    expect(Object.isFrozen(trip)).toBe(true);
    expect(Object.isFrozen(trip.plan.steps[0]?.do.retry)).toBe(true);
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
