import { beforeEach, describe, expect, it } from "vitest";
import { order, startPayments, step } from "../test/payments-service.ts";

let service: ReturnType<typeof startPayments>;
beforeEach(() => {
  service = startPayments();
});

const authorize = (orderId: string, amount: number) =>
  service.checkout().authorize(order(orderId, "tok_ok", amount), step("authorize", 1, orderId));
const capture = (orderId: string) => service.checkout().capture({ orderId }, step("capture", 1, orderId));

describe("audit", () => {
  it("of empty books is zero", async () => {
    expect(await service.audit()).toEqual({ settled: 0, inFlight: 0, stranded: 0, ledgerSum: 0 });
  });

  it("counts the money of open orders apart, held or captured, and finds what is held for orders that are over", async () => {
    await authorize("confirmed", 1);
    await capture("confirmed");
    await authorize("refunded", 10);
    await capture("refunded");
    await service.deliver(service.orders.cancel("refunded"));
    await authorize("open-held", 100);
    await authorize("open-captured", 1_000);
    await capture("open-captured");
    await authorize("forgotten", 10_000);
    const open = ["open-held", "open-captured", "not-here-yet"];
    expect(await service.audit(open)).toEqual({
      settled: 1,
      inFlight: 1_100,
      stranded: 10_000,
      ledgerSum: 0,
    });
    expect(await service.audit()).toMatchObject({ settled: 1_001, inFlight: 0 });
  });

  it("takes more open orders than a query takes parameters", async () => {
    await authorize("o1", 5);
    const open = [...Array.from({ length: 5_000 }, (_, index) => `order-${index}`), "o1"];
    expect(await service.audit(open)).toMatchObject({ inFlight: 5 });
  });

  it("shows a movement of which half is missing", async () => {
    await authorize("o1", 5);
    await service.DB.prepare("DELETE FROM ledger_entries WHERE direction = 'out'").run();
    expect(await service.audit()).toMatchObject({ ledgerSum: 5 });
  });
});
