import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What the services' databases say of the same orders. */
export interface Books {
  /** `steps`: every status that the order has had, in order, comma-separated. */
  orders: { orderId: string; status: string; steps: string }[];
  payments: { orderId: string; status: string }[];
  shipments: { orderId: string; status: string }[];
  /** The read side's list. */
  listed: {
    orderId: string;
    status: string;
    steps: string | null;
    payment: string | null;
    shipment: string | null;
  }[];
  /** Events that ask for a mail. */
  news: { id: string; orderId: string }[];
  /** `causeId`: the event that a mail tells of; the sending of each was noted, or not yet. */
  mails: { causeId: string; orderId: string; sent: 0 | 1 }[];
  /** Units in confirmed orders, as the orders, the read side and the catalog count them. */
  sales: { productId: string; units: number; viewed: number; counted: number }[];
}

/** Reads a running shop's databases: SQLite lets others read beside the one that writes. */
export function readBooks(state: string): Books {
  const shop = openDatabases(state);
  const steps = (table: string) =>
    `(SELECT group_concat(status) FROM (SELECT status FROM ${table} WHERE order_id = one.orderId ORDER BY seq))`;
  const orders = `(SELECT id AS orderId, status FROM orders) AS one`;
  const listed = `(SELECT order_id AS orderId, status FROM order_view) AS one`;
  const news = `SELECT id, subject AS orderId FROM events WHERE type IN`;
  try {
    const units = shop.countsOf(
      "order_timeline",
      `SELECT product_id AS id, SUM(quantity) AS n FROM order_items JOIN orders ON orders.id = order_id
       WHERE status = 'confirmed' GROUP BY 1`,
    );
    const viewed = shop.countsOf("product_sales", "SELECT product_id AS id, sold AS n FROM product_sales");
    const counted = shop.countsOf("products_search", "SELECT id, sold AS n FROM products");
    return {
      orders: shop.rows(
        "order_timeline",
        `SELECT orderId, status, ${steps("order_timeline")} AS steps FROM ${orders}`,
      ),
      payments: shop.rows("ledger_entries", "SELECT order_id AS orderId, status FROM payments"),
      shipments: shop.rows("shipments", "SELECT order_id AS orderId, status FROM shipments"),
      listed: shop.rows(
        "order_view",
        `SELECT orderId, one.status, ${steps("order_view_timeline")} AS steps,
           payment_view.status AS payment, shipment_view.status AS shipment
         FROM ${listed} LEFT JOIN payment_view ON payment_view.order_id = orderId
         LEFT JOIN shipment_view ON shipment_view.order_id = orderId`,
      ),
      news: [
        ...shop.rows<Books["news"][number]>(
          "order_timeline",
          `${news} ('order.confirmed', 'order.rejected', 'order.cancelled')`,
        ),
        ...shop.rows<Books["news"][number]>("ledger_entries", `${news} ('payment.refunded')`),
      ],
      mails: shop.rows(
        "notifications",
        `SELECT event_id AS causeId, order_id AS orderId, sent_at IS NOT NULL AS sent FROM notifications
         WHERE order_id IS NOT NULL`,
      ),
      sales: [...counted].map(([productId, n]) => ({
        productId,
        units: units.get(productId) ?? 0,
        viewed: viewed.get(productId) ?? 0,
        counted: n,
      })),
    };
  } finally {
    shop.close();
  }
}

/** The local D1 databases; their files' names say nothing, so one is found by a table that only it has. */
function openDatabases(state: string) {
  const folder = join(state, "v3", "d1", "miniflare-D1DatabaseObject");
  const all = readdirSync(folder)
    .filter((name) => name.endsWith(".sqlite"))
    .map((name) => new DatabaseSync(join(folder, name), { readOnly: true }));
  const has = "SELECT 1 FROM sqlite_schema WHERE name = ?";
  function rows<Row>(table: string, query: string): Row[] {
    const database = all.find((one) => one.prepare(has).get(table));
    if (!database) throw new Error(`No local database has a table ${table}.`);
    return database.prepare(query).all() as Row[];
  }
  return {
    rows,
    countsOf: (table: string, query: string) =>
      new Map(rows<{ id: string; n: number }>(table, query).map(({ id, n }) => [id, n])),
    close: () => all.forEach((one) => one.close()),
  };
}
