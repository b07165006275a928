import { d1 } from "@weft/testkit/d1";
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { order, startPayments, step } from "../test/payments-service.ts";

let service: ReturnType<typeof startPayments>;
beforeEach(() => {
  service = startPayments();
});

async function buy(orderId: string, amount = 1999) {
  const checkout = service.checkout();
  await checkout.authorize(order(orderId, "tok_ok", amount), step("authorize", 1, orderId));
  await checkout.capture({ orderId }, step("capture", 1, orderId));
}
const sound = { checked: 2, different: [], next: null };

describe("the ledger", () => {
  beforeEach(async () => {
    await buy("o1");
    await buy("o2", 50);
    await service.deliver(service.orders.cancel("o2"));
  });

  it("is what the events say", async () => {
    expect(await service.rebuild()).toEqual({ ...sound, replaced: false });
  });

  it.each([
    ["UPDATE ledger_entries SET amount = amount * 2 WHERE order_id = 'o1'", "o1"],
    ["DELETE FROM ledger_entries WHERE order_id = 'o2' AND direction = 'in'", "o2"],
    ["DELETE FROM payments WHERE order_id = 'o1'", "o1"],
    ["UPDATE payments SET status = 'captured' WHERE order_id = 'o2'", "o2"],
    ["INSERT INTO payments VALUES ('o0', 'eve', 1, 'EUR', 'captured')", "o0"],
    ["INSERT INTO ledger_entries VALUES (NULL, 'o3', 'refund', 'customer:eve', 'in', 1, 0)", "o3"],
  ])("that was tampered with is found out and put right: %s", async (tampering, orderId) => {
    const before = await service.rows();
    await service.DB.exec(tampering);
    expect(await service.rebuild()).toMatchObject({ different: [orderId], replaced: false });
    expect(await service.rows()).not.toEqual(before);
    expect(await service.rebuild({ replace: true })).toMatchObject({ different: [orderId], replaced: true });
    expect(await service.rows()).toEqual(before);
    expect(await service.rebuild()).toMatchObject({ different: [] });
  });

  it("comes in pages", async () => {
    await service.DB.exec("DELETE FROM payments");
    const first = await service.rebuild({ limit: 1 });
    expect(first).toEqual({ checked: 1, different: ["o1"], replaced: false, next: "o1" });
    const second = await service.rebuild({ limit: 1, after: "o1" });
    expect(second).toEqual({ checked: 1, different: ["o2"], replaced: false, next: "o2" });
    expect(await service.rebuild({ limit: 1, after: "o2" })).toMatchObject({ checked: 0, next: null });
  });

  it("of an order that moves on while it is compared is left alone", async () => {
    await service.checkout().authorize(order("o5"), step("authorize", 1, "o5"));
    await service.DB.exec("UPDATE payments SET user_id = 'eve' WHERE order_id = 'o5'");
    const batch = service.DB.batch.bind(service.DB);
    let captured = false;
    service.DB.batch = async (statements) => {
      // The second batch of a rebuild is the one that replaces.
      if (captured) return batch(statements) as never;
      const compared = await batch(statements);
      captured = true;
      await service.checkout().capture({ orderId: "o5" }, step("capture", 1, "o5"));
      return compared as never;
    };
    expect(await service.rebuild({ replace: true })).toMatchObject({ different: ["o5"] });
    expect(await service.balances()).toMatchObject({ shop: 2 * 1999 });
    expect(await service.audit()).toMatchObject({ ledgerSum: 0 });
  });

  it("is for operators", async () => {
    await expect(service.rebuild({}, [])).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});

it("keeps payment tokens out of the log, which others read", async () => {
  await buy("o1");
  const { results } = await service.DB.prepare("SELECT data FROM events").all();
  expect(JSON.stringify(results)).not.toContain("tok_ok");
});

it("takes over the books of the time before the events said who pays", async () => {
  const folder = "migrations/payments";
  const DB = d1();
  const apply = (name: string) => DB.exec(readFileSync(`${folder}/${name}.sql`, "utf8"));
  for (const name of ["0000_init", "0001_retry_marks", "0002_events-and-commands"]) await apply(name);
  await DB.exec(`INSERT INTO payments VALUES ('o1', 'ada', 5, 'EUR', 'tok_ok', 'authorized');
    INSERT INTO ledger_entries VALUES (1, 'o1', 'authorize', 'customer:ada', 'out', -5, 7), (2, 'o1', 'authorize', 'held', 'in', 5, 7);
    INSERT INTO events (id, type, subject, subject_seq, data, time, traceparent) VALUES
      ('e1', 'payment.authorized', 'o1', 1, '{"orderId":"o1","amount":{"amount":5,"currency":"EUR"}}', 7, '')`);
  await apply("0003_event-sourced-ledger");
  service = startPayments(DB);
  expect(await service.rebuild()).toMatchObject({ checked: 1, different: [] });
  await service.checkout().capture({ orderId: "o1" }, step("capture", 1, "o1"));
  expect(await service.balances()).toEqual({ "customer:ada": -5, shop: 5 });
});
