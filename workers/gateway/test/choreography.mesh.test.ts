import type { TestMesh } from "@weft/testkit/mesh";
import type { Json, ShopClient } from "@weft/testkit/shop-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CANCELLED, choreographyOf, type Outcome, participants, probes, queueEdges } from "./choreography.ts";
import { startShop } from "./shop.ts";

let mesh: TestMesh;
let shop: ReturnType<typeof choreographyOf>;
let buyer: ShopClient;
beforeAll(async () => {
  mesh = await startShop([], { queueEdges, probes });
  shop = choreographyOf(mesh);
  buyer = await mesh.shop.signUp();
});
afterEach(() => shop.lose(participants, false));
afterAll(() => mesh.close());

let bought = 100;
/** A product for one test alone. */
const product = () => `prod_${++bought}`;

async function expectOutcome(orderId: string, productId: string, outcome: Partial<Outcome>): Promise<void> {
  await expect.poll(() => shop.outcome(orderId, productId), { timeout: 25_000 }).toMatchObject(outcome);
}

/** Nobody is told anything by the queues: each looks into the logs, those first who have to wait for others. */
async function lookIntoLogs(rounds: number): Promise<void> {
  const order = ["notifications", "views", "catalog", "orders", "shipping", "inventory", "payments"];
  expect(order.toSorted()).toEqual(participants.toSorted());
  for (let round = 0; round < rounds; round++) for (const name of order) await mesh.cron(`shop-${name}`);
}

describe("a cancellation over events alone", () => {
  const { order, payment, stock, parcel } = CANCELLED;
  const waiting = order.slice(0, 3);
  /** What the others have done meanwhile. */
  const without: [string, Partial<Outcome>][] = [
    ["payments", { order: waiting, payment: payment.slice(0, 2), stock, parcel }],
    ["inventory", { order: waiting, payment, stock: [], parcel }],
    ["shipping", { order, payment, stock, parcel: [] }],
    ["notifications", { order, payment, stock, parcel, mails: [] }],
    ["orders", { order: waiting, payment, stock, parcel }],
    ["views", { order, payment, stock, parcel, listed: undefined }],
    ["catalog", { order, payment, stock, parcel }],
  ];

  it.each(without)(
    "is right although %s is away from the purchase on, and comes back",
    { timeout: 60_000 },
    async (name, meanwhile) => {
      const productId = product();
      await shop.lose([name], true);
      const orderId = await shop.buy(buyer, productId);
      await shop.cancel(buyer, orderId);
      await expectOutcome(orderId, productId, meanwhile);
      await shop.lose([name], false);
      await mesh.cron(`shop-${name}`);
      await expectOutcome(orderId, productId, CANCELLED);
      await shop.expectBalance();
    },
  );

  it("is right although no queue brings anything to anyone", { timeout: 60_000 }, async () => {
    const productId = product();
    await shop.lose(participants, true);
    const orderId = await shop.buy(buyer, productId);
    await shop.cancel(buyer, orderId);
    await lookIntoLogs(3);
    await expectOutcome(orderId, productId, CANCELLED);
    await shop.expectBalance();
  });

  it(
    "is right although every event comes late, twice and after those that followed it",
    { timeout: 90_000 },
    async () => {
      const productId = product();
      await shop.lose(participants, true);
      const orderId = await shop.buy(buyer, productId);
      await shop.cancel(buyer, orderId);
      // What each round brings about, the next one tells of.
      for (let round = 0; round < 3; round++)
        for (const event of (await shop.allEvents(orderId)).toReversed()) await shop.deliver(event, 2);
      await expectOutcome(orderId, productId, CANCELLED);
      await shop.expectBalance();
    },
  );
});

describe("the trace of a cancellation", () => {
  interface Line extends Record<string, Json> {
    message: string;
    traceId?: string;
  }
  const linesAbout = (ids: readonly string[]): Line[] =>
    mesh
      .logs()
      .map(({ message }) => message)
      .filter((line) => line.startsWith("{") && ids.some((id) => line.includes(id)))
      .map((line) => JSON.parse(line) as Line);
  const label = (line: Line): string => {
    if (line.message === "event") return `${line.subscriber} < ${line.type}`;
    return line.message === "task" ? `${line.service}: ${line.type}` : `${line.service}: ${line.operation}`;
  };

  it.each([
    ["queues", false],
    ["logs", true],
  ] as const)(
    "is that of the request, over the %s, in every service's lines",
    { timeout: 60_000 },
    async (_, lossy) => {
      const productId = product();
      const orderId = await shop.buy(buyer, productId);
      await expectOutcome(orderId, productId, {
        mails: ["Your order is confirmed"],
        parcel: ["prepared"],
        sold: [2, 2],
      });
      const before = new Set((await shop.allEvents(orderId)).map(({ id }) => id));
      await shop.lose(participants, lossy);
      const traceId = crypto.randomUUID().replaceAll("-", "");
      await shop.cancel(buyer, orderId, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
      if (lossy) await lookIntoLogs(3);
      await expectOutcome(orderId, productId, CANCELLED);

      const caused = (await shop.allEvents(orderId)).filter(({ id }) => !before.has(id));
      expect(caused.map(({ type }) => type).toSorted()).toEqual([
        "order.cancelled",
        "order.cancelling",
        "payment.refunded",
        "shipment.stopped",
        "stock.returned",
      ]);
      for (const { traceparent } of caused) expect(traceparent).toContain(traceId);
      for (const line of linesAbout(caused.map(({ id }) => id))) expect(line).toMatchObject({ traceId });

      const lines = linesAbout([traceId]);
      expect(lines.map(label)).toEqual(
        expect.arrayContaining([
          "orders: orders.cancel",
          "payments < order.cancelling",
          "inventory < order.cancelling",
          "shipping < order.cancelling",
          "orders < payment.refunded",
          "orders < stock.returned",
          "catalog < order.cancelled",
          "notifications < payment.refunded",
          "notifications < order.cancelled",
          "notifications: mail.deliver",
          "users: users.getContact",
        ]),
      );
      expect(lines.filter((line) => label(line) === "notifications: mail.deliver")).toHaveLength(2);
      // One tree: whatever an event or a task has set going hangs below what caused it.
      const spans = new Set(lines.map(({ spanId }) => spanId));
      for (const line of lines.filter(({ message }) => message === "event" || message === "task"))
        expect(spans).toContain(line.parentId);
    },
  );
});

describe("a brand-new subscriber", () => {
  const known: [string, string[], string[]][] = [
    [
      "views",
      [
        "order_view",
        "order_view_timeline",
        "payment_view",
        "shipment_view",
        "product_sales",
        "bought_together",
        "product_view",
      ],
      ["product_search", "projection_cursors", "projection_rebuilds", "inbox", "dead_letters"],
    ],
    ["notifications", ["notifications", "customers"], ["tasks", "cursors", "inbox", "dead_letters"]],
  ];

  /** A mail's row also says when it was written; welcomes are no events. */
  const mails =
    "SELECT event_id, order_id, user_id, subject, text, recipient, sent_at > 0 AS sent FROM notifications WHERE order_id > ''";

  async function contents(worker: string, tables: readonly string[]): Promise<string[][]> {
    const rows = await Promise.all(
      tables.map((table) => mesh.sql(worker, table === "notifications" ? mails : `SELECT * FROM ${table}`)),
    );
    return rows.map((table) => table.map((row) => JSON.stringify(row)).toSorted());
  }

  it.each(known)(
    "of %s starts at the first event and misses nothing",
    { timeout: 60_000 },
    async (name, tables, marks) => {
      const worker = `shop-${name}`;
      const productId = product();
      const orderId = await shop.buy(buyer, productId);
      await shop.cancel(buyer, orderId);
      await expectOutcome(orderId, productId, CANCELLED);
      // Of what no queue has told it as well, such as the seeded products.
      await mesh.cron(worker);
      const before = await contents(worker, tables);
      expect(before[0]).not.toEqual([]);
      for (const table of [...tables, ...marks]) await mesh.sql(worker, `DELETE FROM ${table}`);
      await mesh.cron(worker);
      await expect.poll(() => contents(worker, tables), { timeout: 25_000 }).toEqual(before);
    },
  );
});
