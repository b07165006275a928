import { meshError, newTrace, rootContext } from "@weft/mesh";
import type { Sagas } from "@weft/saga";
import { describe, expect, it, vi } from "vitest";
import { checkOut, type CheckoutTools } from "./check-out.ts";
import { order, priced, snapshot } from "../test/samples.ts";
import type { Checkout } from "./outcome.ts";

const input = {
  orderId: "ord_1",
  items: [{ productId: "prod_001", quantity: 2 }],
  paymentToken: "tok_ok",
  wait: 15_000,
};
const product = { id: "prod_001", name: "Lamp", price: { amount: 1_250, currency: "EUR" } };
const completed = snapshot({
  state: "COMPLETED",
  settled: true,
  results: { create: order("pending"), confirm: order("confirmed") },
});
const failedWith = (code: string, status: number, parts: Partial<Checkout> = {}) =>
  snapshot({
    state: "COMPENSATED",
    settled: true,
    undone: ["create"],
    failure: { code, status, step: "x", detail: "Only 3 left." },
    ...parts,
  });

function tools({ existing, after }: { existing?: Checkout; after?: Checkout }) {
  const sagas = {
    get: vi.fn<Sagas["get"]>(async () => existing as never),
    start: vi.fn<Sagas["start"]>(async () => {}),
    wait: vi.fn<Sagas["wait"]>(async () => (after ?? existing) as never),
    count: vi.fn<Sagas["count"]>(async () => ({})),
  };
  const findProducts = vi.fn<CheckoutTools["findProducts"]>(async () => [product]);
  const find = vi.fn<CheckoutTools["mesh"]["orders"]["find"]>(async () => order("cancelled"));
  const context = rootContext(newTrace(), { principal: { sub: "usr_1", scopes: [] } });
  const made = {
    sagas: sagas as unknown as Sagas,
    mesh: { orders: { find } },
    findProducts,
    context,
  } as unknown as CheckoutTools;
  return { made, sagas, findProducts, find };
}

describe("a new order", () => {
  it("is priced, started and waited for", async () => {
    const { made, sagas, find } = tools({ after: completed });
    expect(await checkOut(input, made)).toEqual({ order: order("confirmed"), done: true });
    expect(sagas.start).toHaveBeenCalledWith(
      expect.objectContaining({ name: "place-order" }),
      "ord_1",
      priced,
    );
    expect(find).not.toHaveBeenCalled();
  });

  it("that takes longer than the caller waits is answered as pending", async () => {
    const { made } = tools({ after: snapshot({ results: { create: order("pending") } }) });
    expect(await checkOut(input, made)).toEqual({ order: order("pending"), done: false });
  });

  it("that nobody waits for is answered when its first step is done", async () => {
    const { made, sagas } = tools({ after: snapshot({ results: { create: order("pending") } }) });
    expect(await checkOut({ ...input, wait: 0 }, made)).toEqual({ order: order("pending"), done: false });
    expect(sagas.wait).toHaveBeenCalledWith(expect.anything(), "ord_1", 1_000, "create");
  });

  it("is answered even before the orders service has it", async () => {
    const { made } = tools({ after: snapshot() });
    const answer = await checkOut({ ...input, wait: 0 }, made);
    expect(answer).toEqual({ order: order("pending"), done: false });
  });

  it("does not wait beyond the caller's deadline", async () => {
    const { made, sagas } = tools({ after: completed });
    await checkOut(input, { ...made, context: { ...made.context, deadline: Date.now() + 3_000 } });
    const ms = sagas.wait.mock.calls[0]?.[2];
    expect(ms).toBeGreaterThan(1_000);
    expect(ms).toBeLessThanOrEqual(2_500);
  });

  it("of an unknown product starts nothing", async () => {
    const { made, sagas } = tools({});
    const unknown = { ...input, items: [{ productId: "prod_999", quantity: 1 }] };
    await expect(checkOut(unknown, made)).rejects.toMatchObject({ code: "PRODUCT_UNKNOWN" });
    expect(sagas.start).not.toHaveBeenCalled();
  });
});

describe("an order that is already there", () => {
  it("is joined, not priced again, and answered as it is today", async () => {
    const { made, sagas, findProducts } = tools({ existing: completed });
    expect(await checkOut(input, made)).toEqual({ order: order("cancelled"), done: true });
    expect(sagas.start).not.toHaveBeenCalled();
    expect(findProducts).not.toHaveBeenCalled();
  });

  it("is joined as well if it was started while this call was pricing, at whatever prices", async () => {
    const { made, sagas } = tools({ after: completed });
    sagas.start.mockRejectedValue(meshError("CONFLICT"));
    expect(await checkOut(input, made)).toEqual({ order: order("cancelled"), done: true });
  });

  it("is not shown to somebody else, also if it was started while this call was pricing", async () => {
    const { made, sagas } = tools({ after: { ...completed, input: { ...priced, userId: "usr_2" } } });
    sagas.start.mockRejectedValue(meshError("CONFLICT"));
    await expect(checkOut(input, made)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("is not shown to somebody else", async () => {
    const { made } = tools({ existing: { ...completed, input: { ...priced, userId: "usr_2" } } });
    await expect(checkOut(input, made)).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("an order that was rejected", () => {
  it("says where it is found, and which lines of the request it failed for", async () => {
    const items = ["prod_002", "prod_001", "prod_002"].map((productId) => ({ productId, quantity: 1 }));
    const [item] = priced.items;
    if (!item) throw new Error("unreachable");
    const after = {
      ...failedWith("OUT_OF_STOCK", 409),
      // As it was priced: each product once.
      input: { ...priced, items: [{ ...item, productId: "prod_002" }, item] },
      failure: {
        code: "OUT_OF_STOCK",
        status: 409,
        step: "reserve",
        errors: [{ pointer: "/items/0/quantity", message: "None left" }],
      },
    };
    const { made } = tools({ existing: after });
    await expect(checkOut({ ...input, items }, made)).rejects.toMatchObject({
      headers: { location: "/v1/orders/ord_1" },
      errors: [
        { pointer: "/items/0/quantity", message: "None left" },
        { pointer: "/items/2/quantity", message: "None left" },
      ],
    });
  });

  it.each([
    ["PAYMENT_DECLINED", 402],
    ["DEADLINE_EXCEEDED", 504],
  ])("is found for every reason: %s", async (code, status) => {
    const { made } = tools({ after: failedWith(code, status) });
    await expect(checkOut(input, made)).rejects.toMatchObject({ headers: { location: "/v1/orders/ord_1" } });
  });

  it.each([
    ["OUT_OF_STOCK", 409],
    ["PAYMENT_DECLINED", 402],
  ])("says why: %s", async (code, status) => {
    const { made } = tools({ after: failedWith(code, status) });
    const error = { code, status, detail: "Only 3 left. Order ord_1 was rejected and nothing was charged." };
    await expect(checkOut(input, made)).rejects.toMatchObject(error);
  });

  it("because a part of the shop was away says so, and that repeating is of no use", async () => {
    const { made } = tools({ after: failedWith("DEADLINE_EXCEEDED", 504) });
    await expect(checkOut(input, made)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      status: 503,
      retryable: false,
      detail: "A part of the shop did not answer. Order ord_1 was rejected and nothing was charged.",
    });
  });

  it("is answered while an undo is still to succeed", async () => {
    const { made } = tools({ after: failedWith("UNAVAILABLE", 503, { state: "COMPENSATING" }) });
    await expect(checkOut(input, made)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      status: 503,
      detail: expect.stringMatching(/not accepted .* still under way/) as string,
    });
  });

  it.each([
    [["authorize"], "it was rejected, and its amount may still be held on the payment method."],
    [["create"], "it may still be shown as pending, and nothing was charged."],
    [["create", "authorize"], "it may still be shown as pending, and its amount may still be held"],
    [["reserve"], "it was rejected, and nothing was charged."],
  ])("but could not be taken back whole (%s) does not claim that it was", async (parked, ending) => {
    const { made } = tools({
      after: failedWith("OUT_OF_STOCK", 409, { state: "PARTIALLY_COMPENSATED", parked }),
    });
    await expect(checkOut(input, made)).rejects.toMatchObject({
      detail: expect.stringContaining(`Order ord_1 was not accepted: ${ending}`) as string,
    });
  });
});
