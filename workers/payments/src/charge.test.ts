import { d1 } from "@weft/testkit/d1";
import { beforeEach, describe, expect, it } from "vitest";
import { order, startPayments, step } from "../test/payments-service.ts";
import { payments } from "./schema.ts";

const failure = (code: string, status: number) => expect.objectContaining({ code, status }) as Error;
const amount = { amount: 1999, currency: "EUR" };
const answer = (status: string) => ({ orderId: "o1", status, amount });

let service: ReturnType<typeof startPayments>;
let checkout: ReturnType<typeof service.checkout>;
beforeEach(() => {
  service = startPayments();
  checkout = service.checkout();
});

const authorize = (attempt = 1, sagaId?: string) =>
  checkout.authorize(order("o1"), step("authorize", attempt, sagaId));
const capture = (attempt = 1) => checkout.capture({ orderId: "o1" }, step("capture", attempt));
const voidIt = (attempt = 1) => checkout.void({ orderId: "o1" }, step("authorize", attempt));

describe("the life of a payment", () => {
  it("authorize holds the money, capture takes it", async () => {
    expect(await authorize()).toEqual(answer("authorized"));
    expect(await service.balances()).toEqual({ "customer:ada": -1999, held: 1999 });
    expect(await capture()).toEqual(answer("captured"));
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
  });

  it("void gives the held money back", async () => {
    await authorize();
    expect(await voidIt()).toEqual(answer("voided"));
    expect(await service.balances()).toEqual({});
    await expect(capture()).rejects.toEqual(failure("PAYMENT_NOT_AUTHORIZED", 409));
  });

  it("publishes every step, to the subscribers that want it", async () => {
    await authorize();
    await capture();
    await service.deliver(service.orders.cancel("o1"));
    await service.served.settled();
    const data = { orderId: "o1", amount };
    expect(service.sent).toEqual({
      VIEWS_EVENTS: [
        { type: "payment.authorized", data: { ...data, userId: "ada" } },
        { type: "payment.captured", data },
        { type: "payment.refunded", data },
      ],
      ORDERS_EVENTS: [{ type: "payment.refunded", data }],
      NOTIFICATIONS_EVENTS: [{ type: "payment.refunded", data }],
    });
  });

  it("a payment that is not there cannot be captured", async () => {
    await expect(capture()).rejects.toEqual(failure("PAYMENT_NOT_FOUND", 404));
  });

  it("an order is paid for by one checkout only", async () => {
    await authorize();
    await expect(authorize(1, "saga-2")).rejects.toEqual(failure("CONFLICT", 409));
    await expect(checkout.capture({ orderId: "o1" }, step("capture", 1, "saga-2"))).resolves.toEqual(
      answer("captured"),
    );
    await expect(capture()).rejects.toEqual(failure("PAYMENT_NOT_AUTHORIZED", 409));
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
  });
});

/** A database whose next read of the payment's events waits until `go`. */
function heldRead() {
  const DB = d1("migrations/payments");
  const withSession = DB.withSession.bind(DB);
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let armed = false;
  let held = false;
  DB.withSession = (start) => {
    const session = withSession(start);
    const prepare = session.prepare.bind(session);
    const batch = session.batch.bind(session);
    session.prepare = (query) => {
      held ||= armed && query.includes('from "snapshots"');
      return prepare(query);
    };
    session.batch = async (statements) => {
      if (held) {
        armed = held = false;
        entered.resolve();
        await gate.promise;
      }
      return batch(statements);
    };
    return session;
  };
  return { DB, arm: () => void (armed = true), entered: entered.promise, go: () => gate.resolve() };
}

it("a capture that runs beside its own first attempt is not told that there is nothing to capture", async () => {
  const held = heldRead();
  service = startPayments(held.DB);
  checkout = service.checkout();
  await authorize();
  held.arm();
  const second = capture(2);
  await held.entered;
  expect(await capture(1)).toEqual(answer("captured"));
  held.go();
  expect(await second).toEqual(answer("captured"));
});

describe("a saga step has its effect once", () => {
  it("when it is repeated after the answer", async () => {
    for (const attempt of [1, 2, 3]) expect(await authorize(attempt)).toEqual(answer("authorized"));
    for (const attempt of [1, 2, 3]) expect(await capture(attempt)).toEqual(answer("captured"));
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
  });

  it("when attempts overlap", async () => {
    expect(await Promise.all([authorize(1), authorize(2), authorize(3)])).toEqual(
      Array(3).fill(answer("authorized")),
    );
    expect(await Promise.all([capture(1), capture(2), capture(3)])).toEqual(
      Array(3).fill(answer("captured")),
    );
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
  });

  it("when capture and void race, one of them wins", async () => {
    await authorize();
    const results = await Promise.allSettled([capture(), voidIt()]);
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find((result) => result.status === "rejected")?.reason).toMatchObject({ status: 409 });
  });

  it("undo before do: the late authorization has no effect", async () => {
    expect(await voidIt()).toEqual({});
    await expect(authorize()).rejects.toEqual(failure("FENCED", 409));
    expect(await service.db.$count(payments)).toBe(0);
    expect(await service.balances()).toEqual({});
  });

  it("also against other sagas: the ledger itself refuses the same movement twice", async () => {
    await authorize();
    const steps = ["a", "b", "c"].map((saga) =>
      checkout.capture({ orderId: "o1" }, step("capture", 1, saga)),
    );
    const results = await Promise.allSettled(steps);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect(
      results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : [])),
    ).toEqual([failure("PAYMENT_NOT_AUTHORIZED", 409), failure("PAYMENT_NOT_AUTHORIZED", 409)]);
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
  });
});
