import { describe, expect, it } from "vitest";
import { OrderStatus } from "./contract.ts";
import { isSettled, mayBecome } from "./status.ts";

describe("the status of an order", () => {
  it("changes in four ways and in no other", () => {
    const allowed = OrderStatus.options.flatMap((from) =>
      OrderStatus.options.filter((to) => mayBecome(from, to)).map((to) => `${from} > ${to}`),
    );
    expect(allowed).toEqual([
      "pending > confirmed",
      "pending > rejected",
      "confirmed > cancelling",
      "cancelling > cancelled",
    ]);
  });

  it("is settled when nothing is under way", () => {
    expect(OrderStatus.options.filter(isSettled)).toEqual(["confirmed", "rejected", "cancelled"]);
  });
});
