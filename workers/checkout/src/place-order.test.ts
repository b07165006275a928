import { parseInput } from "@weft/mesh";
import { callsOf, type PlanStep } from "@weft/saga";
import { describe, expect, it } from "vitest";
import { order, priced } from "../test/samples.ts";
import { placeOrder } from "./place-order.ts";

const state = {
  sagaId: priced.orderId,
  input: priced,
  results: { create: order("pending") },
  failure: { code: "OUT_OF_STOCK", status: 409 },
};
const steps = callsOf(placeOrder.plan);

function inputOf(step: string, phase: "do" | "undo"): unknown {
  const action = placeOrder.action(step, phase);
  return action && parseInput(action.operation, action.input(state));
}

it("captures the money only when everything else is held, and commits after it", () => {
  expect(
    steps.map(({ name, kind, do: { operation }, undo }) => [name, kind, operation, undo?.operation]),
  ).toEqual([
    ["create", "compensatable", "orders.create", "orders.reject"],
    ["authorize", "compensatable", "payments.authorize", "payments.void"],
    ["reserve", "compensatable", "inventory.reserve", "inventory.release"],
    ["capture", "pivot", "payments.capture", undefined],
    ["commit", "retriable", "inventory.commit", undefined],
    ["confirm", "retriable", "orders.confirm", undefined],
  ]);
});

describe("what the steps send is what the contracts take", () => {
  it.each(steps.map(({ name }) => name))("%s", (name) => {
    expect(inputOf(name, "do")).toMatchObject({ orderId: "ord_1" });
  });
  it.each(steps.filter((step) => step.undo).map(({ name }) => name))("undo of %s", (name) => {
    expect(inputOf(name, "undo")).toMatchObject({ orderId: "ord_1" });
  });
  it("the payment token goes to payments alone", () => {
    const sent = steps.map(({ name }) => [name, JSON.stringify(inputOf(name, "do"))] as const);
    expect(sent.filter(([, body]) => body.includes("tok_ok")).map(([name]) => name)).toEqual(["authorize"]);
  });
  it("an order is rejected with the reason that the saga went back for", () => {
    expect(inputOf("create", "undo")).toEqual({ orderId: "ord_1", reason: "OUT_OF_STOCK" });
  });
});

it("a payments service that only hangs costs the buyer at most about 10 s", () => {
  const authorize = steps.find(({ name }) => name === "authorize") as PlanStep;
  const { attempts, budget, timeout } = authorize.do.retry;
  expect(attempts).toBeLessThanOrEqual(4);
  // tok_slow takes 2 s.
  expect(timeout).toBe(4_000);
  const firstUndos = steps.slice(0, 2).map((step) => step.undo?.retry.timeout ?? 0);
  expect((budget ?? Number.POSITIVE_INFINITY) + (firstUndos[1] ?? 0)).toBeLessThanOrEqual(10_000);
});
