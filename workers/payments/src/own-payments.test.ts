import { beforeEach, expect, it } from "vitest";
import { order, startPayments, step } from "../test/payments-service.ts";
import { payments } from "./contract.ts";

let service: ReturnType<typeof startPayments>;
beforeEach(() => {
  service = startPayments();
});

const pay = (orderId: string, userId = "ada", amount = 1999) =>
  service
    .checkout()
    .authorize({ ...order(orderId, "tok_ok", amount), userId }, step("authorize", 1, orderId));

it("tells a user what has become of the money for some orders, and nothing of the others", async () => {
  await pay("o1");
  await pay("o2", "ada", 500);
  await pay("o3");
  await service.checkout().capture({ orderId: "o2" }, step("capture", 1, "o2"));
  const found = await service.paymentsOf("ada", "o2", "o1", "unpaid");
  expect(found.toSorted((a, b) => a.orderId.localeCompare(b.orderId))).toEqual([
    { orderId: "o1", status: "authorized", amount: { amount: 1999, currency: "EUR" } },
    { orderId: "o2", status: "captured", amount: { amount: 500, currency: "EUR" } },
  ]);
});

it("shows nobody somebody else's payment", async () => {
  await pay("o1", "ada");
  expect(await service.paymentsOf("bob", "o1")).toEqual([]);
  const nobody = service.served.client(payments, { caller: "gateway" });
  await expect(nobody.getPayments({ orderIds: "o1" })).rejects.toMatchObject({
    code: "AUTHENTICATION_REQUIRED",
  });
});

it("takes a page of orders, and no more", async () => {
  const ids = Array.from({ length: 101 }, (_, index) => `o${index}`);
  await pay("o99");
  expect(await service.paymentsOf("ada", ...ids.slice(0, 100))).toMatchObject([{ orderId: "o99" }]);
  await expect(service.paymentsOf("ada", ...ids)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
});
