import { describe, expect, it } from "vitest";
import { cancelled, confirmed, refunded, rejected } from "./templates.ts";

const eur = (amount: number) => ({ amount, currency: "EUR" });
const facts = {
  orderId: "ord_1",
  userId: "usr_1",
  items: [
    { productId: "prod_001", name: "Lamp", quantity: 2, price: eur(1_999) },
    { productId: "prod_002", name: "Bulb", quantity: 1, price: eur(5) },
  ],
  total: eur(4_003),
};

describe("the mail", () => {
  it("of a confirmed order lists what was bought", () => {
    expect(confirmed(facts)).toEqual({
      subject: "Your order ord_1 is confirmed",
      text: [
        "Hello,",
        "Thank you for your order. We are packing:",
        "  2 x Lamp, 19.99 EUR each\n  1 x Bulb, 0.05 EUR each\n  Total: 40.03 EUR",
        "The shop",
      ].join("\n\n"),
    });
  });

  it.each([
    ["OUT_OF_STOCK", "an item is out of stock"],
    ["PAYMENT_DECLINED", "your payment was declined"],
    ["SOMETHING_INTERNAL", "something went wrong on our side"],
  ])("of a rejected order says why in plain words: %s", (reason, words) => {
    const { subject, text } = rejected({ ...facts, reason });
    expect(subject).toBe("Your order ord_1 could not be accepted");
    expect(text).toContain(words);
    expect(text).not.toContain(reason);
  });

  it("of a cancelled order", () => {
    expect(cancelled(facts).subject).toBe("Your order ord_1 is cancelled");
  });

  it("of a refund names the order and the amount, in the currency's own minor units", () => {
    expect(refunded({ orderId: "ord_1", amount: eur(4_003) }).text).toContain("40.03 EUR for order ord_1");
    expect(refunded({ orderId: "ord_1", amount: { amount: 500, currency: "JPY" } }).text).toContain(
      "500 JPY",
    );
    expect(refunded({ orderId: "ord_1", amount: { amount: 1_234, currency: "KWD" } }).text).toContain(
      "1.234 KWD",
    );
  });
});
