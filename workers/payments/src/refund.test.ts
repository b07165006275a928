import { beforeEach, describe, expect, it, vi } from "vitest";
import { order, startPayments, step } from "../test/payments-service.ts";

let service: ReturnType<typeof startPayments>;
beforeEach(() => {
  service = startPayments();
});

async function buy(orderId: string) {
  const checkout = service.checkout();
  await checkout.authorize(order(orderId), step("authorize", 1, orderId));
  await checkout.capture({ orderId }, step("capture", 1, orderId));
}

const refunds = () => service.sent.ORDERS_EVENTS ?? [];

describe("order.cancelling", () => {
  it("gives the captured money back and says so", async () => {
    await buy("o1");
    expect(await service.deliver(service.orders.cancel("o1"))).toEqual(["acked"]);
    expect(await service.balances()).toEqual({});
    await service.served.settled();
    expect(refunds()).toEqual([
      { type: "payment.refunded", data: { orderId: "o1", amount: { amount: 1999, currency: "EUR" } } },
    ]);
  });

  it("gives it back once, however often and however close together the event arrives", async () => {
    await buy("o1");
    await buy("o2");
    const event = service.orders.cancel("o1");
    await Promise.all([service.deliver(event), service.deliver(event), service.deliver(event)]);
    await service.deliver(event);
    expect(await service.deliver(service.orders.cancel("o1"))).toEqual(["acked"]);
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
    await service.served.settled();
    expect(refunds()).toHaveLength(1);
  });

  it("is found in the orders' log by cron when the queue lost the message", async () => {
    await buy("o1");
    await buy("o2");
    service.orders.cancel("o1");
    await service.deliver(service.orders.cancel("o2"));
    await service.served.cron(new Date());
    expect(await service.balances()).toEqual({});
  });

  it("for an order without captured money is not passed over in silence", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await service.checkout().authorize(order("o1"), step("authorize"));
    expect(await service.deliver(service.orders.cancel("o1"))).toEqual(["retried"]);
    expect(await service.balances()).toEqual({ "customer:ada": -1999, held: 1999 });
    logged.mockRestore();
  });
});
