import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edge, OPERATOR_TOKEN, operatorOf, startShop } from "./shop.ts";

const notificationsToOrders = edge("notifications", "orders");
const viewsToOrders = edge("views", "orders");
const controlToCatalog = edge("control", "catalog");

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop([notificationsToOrders, viewsToOrders, controlToCatalog]);
});
afterAll(() => mesh.close());

interface Backlog {
  service: string;
  subscriptions: { source: string; lag: number | null; age: number | null }[];
  projections: { name: string; lag: number | null }[];
  letters: { source: string; status: string; count: number }[];
  waiting: { what: string; count: number; age: number | null }[];
}
async function backlogOf(service: string): Promise<Backlog | undefined> {
  const { body } = await operatorOf(mesh).get("/_weft/backlog");
  return (body.items as Backlog[]).find((each) => each.service === service);
}
const fromOrders = async () =>
  (await backlogOf("notifications"))?.subscriptions.find(({ source }) => source === "orders");

/** Writes an event into the orders' log past all checks, as sent, so that no queue brings it. */
const log = (type: string, subject: string, ageInSeconds: number, data: object = {}) =>
  mesh.sql(
    "shop-orders",
    `INSERT INTO events (id, type, subject, subject_seq, data, time, traceparent, sent_at)
     VALUES (?, ?, ?, 1, ?, ?, '', 1)`,
    crypto.randomUUID(),
    type,
    subject,
    JSON.stringify(data),
    Date.now() - ageInSeconds * 1_000,
  );

async function metrics(): Promise<string> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  const answer = await mesh.fetch("/metrics", { headers });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return answer.text();
}

describe("the backlog", () => {
  it("is for operators only", async () => {
    const buyer = await mesh.shop.signUp();
    for (const path of ["/_weft/backlog", "/metrics"]) {
      expect((await mesh.shop.get(path)).status).toBe(401);
      expect((await buyer.get(path)).status).toBe(403);
    }
  });

  it("tells of events that a subscriber and a projection have not applied, until they have", async () => {
    expect(await fromOrders()).toEqual({ source: "orders", lag: 0, age: null });
    // One that notifications have no handler for, and one that they cannot apply.
    await log("order.created", "ord_a", 700);
    await log("order.confirmed", "ord_b", 600);
    const found = await fromOrders();
    expect(found?.lag).toBe(1);
    expect(found?.age).toBeGreaterThanOrEqual(600);
    expect(found?.age).toBeLessThan(700);
    const text = await metrics();
    expect(text).toContain("# TYPE weft_subscription_lag_events gauge");
    expect(text).toContain('weft_subscription_lag_events{service="notifications",source="orders"} 1\n');
    expect(text).toContain(
      'weft_projection_lag_events{service="views",projection="sales",source="orders"} 2\n',
    );
    await mesh.cron("shop-notifications");
    expect((await backlogOf("notifications"))?.letters).toEqual([
      { source: "/services/orders", status: "failing", count: 1 },
    ]);
    expect(await metrics()).toContain(
      'weft_dead_letters{service="notifications",source="/services/orders",status="failing"} 1\n',
    );
    expect((await fromOrders())?.lag).toBe(1);
  });

  it("tells of what was not sent, not handed over and not done", async () => {
    const old = Date.now() - 90_000;
    await mesh.sql("shop-orders", "UPDATE events SET sent_at = NULL, time = ? WHERE subject = 'ord_a'", old);
    await mesh.sql(
      "shop-users",
      `INSERT INTO command_outbox (id, recipient, type, data, priority, due_at, created_at, traceparent, retry_at)
       VALUES ('cmd_1', 'nobody', 't', '{}', 0, 0, ?, '', ?)`,
      old,
      Date.now() + 3_600_000,
    );
    await mesh.sql(
      "shop-notifications",
      `INSERT INTO tasks (id, sender, type, data, priority, due_at, created_at, traceparent)
       VALUES ('cmd_2', 'users', 't', '{}', 0, ?, 0, '')`,
      old,
    );
    const waitingIn = async (service: string, what: string) =>
      (await backlogOf(service))?.waiting.find((each) => each.what === what);
    const found = [
      await waitingIn("orders", "events"),
      await waitingIn("users", "commands"),
      await waitingIn("notifications", "tasks"),
    ];
    expect(found.map((each) => each?.count)).toEqual([1, 1, 1]);
    expect(Math.min(...found.map((each) => each?.age ?? 0))).toBeGreaterThanOrEqual(90);
    expect(await metrics()).toContain('weft_waiting{service="users",what="commands"} 1\n');
  });

  it("names a service that is down, and one whose publisher cannot be reached does not know its lag", async () => {
    await mesh.fault(controlToCatalog, { kind: "down" });
    await mesh.fault(notificationsToOrders, { kind: "down" });
    const { status, body } = await operatorOf(mesh).get("/_weft/backlog");
    expect(status).toBe(200);
    expect(body.degraded).toEqual(["catalog"]);
    expect(body.items).toHaveLength(8);
    expect(await fromOrders()).toEqual({ source: "orders", lag: null, age: null });
    const text = await metrics();
    expect(text).toContain('weft_backlog_known{service="catalog"} 0\n');
    expect(text).not.toContain('weft_subscription_lag_events{service="notifications",source="orders"}');
  });
});
