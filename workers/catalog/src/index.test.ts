import type { Order } from "@shop/orders/contract";
import { isMeshError } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { beforeEach, describe, expect, it } from "vitest";
import { seed } from "../seed.ts";
import { catalog } from "./contract.ts";
import worker from "./index.ts";

const price = { amount: 100, currency: "EUR" };
/** The orders' log; what a test puts here can be caught up with. */
let log: object[];
let DB: D1Database;
let served: ReturnType<typeof serve>;

beforeEach(async () => {
  log = [];
  DB = d1("migrations/catalog");
  await DB.batch(seed().map((statement) => DB.prepare(statement)));
  const ORDERS = {
    fetch: async (request: Request) => {
      const after = Number(new URL(request.url).searchParams.get("after") ?? 0);
      return Response.json({ items: log.slice(after), head: log.length });
    },
  };
  served = serve(worker, { DB, ORDERS });
});

const gateway = () => served.client(catalog, { caller: "gateway" });

/** Adds an event to the orders' log and returns it. */
function happened(type: string, orderId: string, items: [productId: string, quantity: number][]): object {
  const lines: Order["items"] = items.map(([productId, quantity]) => ({
    productId,
    quantity,
    name: "x",
    price,
  }));
  const event = {
    specversion: "1.0",
    id: `${type} ${orderId}`,
    source: "/services/orders",
    type,
    subject: orderId,
    time: "2026-01-01T00:00:00.000Z",
    datacontenttype: "application/json",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    sequence: log.length + 1,
    subjectsequence: 1,
    data: { orderId, userId: "usr_1", items: lines, total: price },
  };
  log.push(event);
  return event;
}

async function soldOf(...ids: string[]): Promise<unknown[]> {
  return Promise.all(
    ids.map((id) => DB.prepare("SELECT sold FROM products WHERE id = ?").bind(id).first("sold")),
  );
}

describe("products", () => {
  it("are found one by one", async () => {
    expect(await gateway().getProduct({ id: "prod_001" })).toEqual({
      id: "prod_001",
      name: "Pine Cutting Board",
      description: "A pine board with a juice groove, oiled by hand and kind to sharp knives.",
      price: { amount: 1499, currency: "EUR" },
    });
    const missing = await gateway()
      .getProduct({ id: "nothing" })
      .catch((error: unknown) => error);
    expect(isMeshError(missing) && [missing.code, missing.status]).toEqual(["PRODUCT_NOT_FOUND", 404]);
  });

  it("are found by many ids, in the order asked for, each once, without the unknown", async () => {
    const { items } = await gateway().getProducts({ ids: "prod_200,nothing,prod_003,prod_200,,prod_100" });
    expect(items.map(({ id }) => id)).toEqual(["prod_200", "prod_003", "prod_100"]);
    expect((await gateway().getProducts({ ids: "" })).items).toEqual([]);
    const hundred = Array.from({ length: 100 }, (_, index) => `prod_${String(index + 1).padStart(3, "0")}`);
    expect((await gateway().getProducts({ ids: hundred.join(",") })).items).toHaveLength(100);
    await expect(gateway().getProducts({ ids: [...hundred, "one"].join(",") })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [{ pointer: "/ids" }],
    });
  });

  it("are not for callers without a name", async () => {
    await expect(
      served.client(catalog, { caller: "nobody" }).getProduct({ id: "prod_001" }),
    ).rejects.toMatchObject({
      code: "CALLER_NOT_ALLOWED",
    });
  });
});

describe("sales", () => {
  it("make best sellers: most sold first, then by id", async () => {
    await served.queue("catalog-events", [
      happened("order.confirmed", "ord_1", [
        ["prod_150", 3],
        ["prod_020", 1],
        ["prod_150", 2],
        ["prod_010", 1],
      ]),
      happened("order.confirmed", "ord_2", [["prod_199", 4]]),
    ]);
    const { items } = await gateway().bestSellers({ limit: 5 });
    expect(items.map(({ id }) => id)).toEqual(["prod_150", "prod_199", "prod_010", "prod_020", "prod_001"]);
  });

  it("count each event once, however often it arrives, and a cancellation takes them back", async () => {
    const confirmed = happened("order.confirmed", "ord_1", [
      ["prod_001", 2],
      ["prod_002", 5],
    ]);
    const other = happened("order.confirmed", "ord_2", [["prod_001", 1]]);
    const cancelled = happened("order.cancelled", "ord_1", [
      ["prod_001", 2],
      ["prod_002", 5],
    ]);
    await served.queue("catalog-events", [confirmed, other, confirmed]);
    await served.queue("catalog-events", [confirmed]);
    expect(await soldOf("prod_001", "prod_002")).toEqual([3, 5]);
    await served.queue("catalog-events", [cancelled, cancelled]);
    expect(await soldOf("prod_001", "prod_002")).toEqual([1, 0]);
  });

  it("come out the same when a cancellation overtakes its order", async () => {
    const confirmed = happened("order.confirmed", "ord_1", [["prod_001", 2]]);
    const cancelled = happened("order.cancelled", "ord_1", [["prod_001", 2]]);
    expect(await served.queue("catalog-events", [cancelled])).toEqual(["acked"]);
    expect(await served.queue("catalog-events", [confirmed])).toEqual(["acked"]);
    expect(await soldOf("prod_001")).toEqual([0]);
  });

  it("are counted from the orders' log when the queue has lost them", async () => {
    happened("order.confirmed", "ord_1", [["prod_001", 2]]);
    await served.queue("catalog-events", [happened("order.confirmed", "ord_2", [["prod_001", 1]])]);
    await served.cron(new Date());
    await served.cron(new Date());
    expect(await soldOf("prod_001")).toEqual([3]);
  });
});
