import { load } from "@weft/events";
import { isMeshError } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { order, startPayments, step } from "../test/payments-service.ts";
import { paymentHistory } from "./payment.ts";
import type { Payment } from "./schema.ts";

/** One call; `saga` because a second checkout may try to pay for the same order. */
interface Action {
  kind: "authorize" | "capture" | "void" | "cancel";
  order: number;
  saga: number;
  token: string;
}

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("authorize", "authorize", "capture", "capture", "void", "cancel"),
  order: fc.nat(1),
  saga: fc.nat(1),
  token: fc.constantFrom("tok_ok", "tok_ok", "tok_unknown", "tok_error_once", "tok_declined"),
});
/** Rounds of calls that run at the same time. */
const rounds = fc.array(fc.array(action, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 10 });
const delays = fc.array(fc.nat(12), { minLength: 1, maxLength: 20 });

const price = (index: number) => [1999, 50][index] ?? 0;
const FORESEEN = new Set([
  "CONFLICT",
  "FENCED",
  "PAYMENT_DECLINED",
  "PAYMENT_NOT_AUTHORIZED",
  "PAYMENT_NOT_FOUND",
  "UNAVAILABLE",
]);

/** A database whose commits arrive late by the given numbers of ticks, so that reads and writes of calls mix. */
function delayed(ticks: readonly number[]): D1Database {
  const DB = d1("migrations/payments");
  const batch = DB.batch.bind(DB);
  let call = 0;
  DB.batch = async (statements) => {
    for (let tick = ticks[call++ % ticks.length] ?? 0; tick > 0; tick--) await Promise.resolve();
    return batch(statements);
  };
  return DB;
}

function perform(
  service: ReturnType<typeof startPayments>,
  { kind, order: index, saga, token }: Action,
): Promise<unknown> {
  const checkout = service.checkout();
  const orderId = `order-${index}`;
  const sagaId = `saga-${index}-${saga}`;
  switch (kind) {
    case "authorize":
      return checkout.authorize(order(orderId, token, price(index)), step("authorize", 1, sagaId));
    case "capture":
      return checkout.capture({ orderId }, step("capture", 1, sagaId));
    case "void":
      return checkout.void({ orderId }, step("authorize", 1, sagaId));
    case "cancel":
      return service.deliver(service.orders.cancel(orderId));
  }
}

function isSurprise(result: PromiseSettledResult<unknown>): boolean {
  return result.status === "rejected" && !(isMeshError(result.reason) && FORESEEN.has(result.reason.code));
}

interface Books {
  order_id: string;
  customer: number;
  held: number;
  shop: number;
  charges: number;
}

async function books(DB: D1Database): Promise<Books[]> {
  const { results } = await DB.prepare(
    `SELECT order_id,
      SUM(CASE WHEN account LIKE 'customer:%' THEN amount ELSE 0 END) AS customer,
      SUM(CASE WHEN account = 'held' THEN amount ELSE 0 END) AS held,
      SUM(CASE WHEN account = 'shop' THEN amount ELSE 0 END) AS shop,
      SUM(kind = 'authorize' AND direction = 'out') AS charges
    FROM ledger_entries GROUP BY order_id`,
  ).all<Books>();
  return results;
}

const WHERE_THE_MONEY_IS: Record<Payment["status"], (amount: number) => Omit<Books, "order_id" | "charges">> =
  {
    authorized: (amount) => ({ customer: -amount, held: amount, shop: 0 }),
    captured: (amount) => ({ customer: -amount, held: 0, shop: amount }),
    voided: () => ({ customer: 0, held: 0, shop: 0 }),
    refunded: () => ({ customer: 0, held: 0, shop: 0 }),
  };

// Tens of thousands of log lines; what matters of a failure is the counterexample.
beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => void vi.restoreAllMocks());

describe("conservation of money", () => {
  it("whatever is called, in whatever order, repeated or at once: nobody is charged twice, no cent is lost, and the events alone give the same books", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, delays, async (plan, ticks) => {
        const service = startPayments(delayed(ticks));
        const final = new Map<string, string>();
        for (const round of plan) {
          const results = await Promise.allSettled(round.map((one) => perform(service, one)));
          // INTERNAL would be a violated constraint that nobody has foreseen.
          expect(results.filter(isSurprise)).toEqual([]);
          const payments = await service.db.query.payments.findMany();
          for (const { orderId, status } of payments) {
            expect(final.get(orderId) ?? status).toBe(status);
            if (status === "voided" || status === "refunded") final.set(orderId, status);
          }
          expect(await books(service.DB)).toEqual(
            payments
              .toSorted((a, b) => a.orderId.localeCompare(b.orderId))
              .map(({ orderId, status, amount }) => ({
                order_id: orderId,
                charges: 1,
                ...WHERE_THE_MONEY_IS[status](amount),
              })),
          );
          expect(await service.audit()).toMatchObject({ ledgerSum: 0 });
          const events = await service.db.query.eventLog.findMany();
          expect(events).toHaveLength((await service.db.query.ledgerEntries.findMany()).length / 2);
        }
        const rows = await service.rows();
        expect(await service.rebuild()).toMatchObject({ different: [] });
        await service.DB.exec("DELETE FROM payments; DELETE FROM ledger_entries");
        await service.rebuild({ replace: true });
        expect(await service.rows()).toEqual(rows);
        for (const { orderId } of rows.payments) {
          const { snapshots: _, ...unabridged } = paymentHistory;
          expect(await load(service.db, paymentHistory, orderId)).toEqual(
            await load(service.db, unabridged, orderId),
          );
        }
        await service.served.settled();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
