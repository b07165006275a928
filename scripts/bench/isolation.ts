import { join } from "node:path";
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { TestMesh } from "@weft/testkit/mesh";
import { ShopClient } from "@weft/testkit/shop-client";
import { startShop } from "../../workers/gateway/test/shop.ts";
import type { Measured } from "../bench.ts";
import { buildAll } from "../lib/build.ts";
import type { FloodOptions, FloodResult } from "../lib/flood.ts";
import { load, quantile } from "../lib/load.ts";
import { scaled } from "../lib/scaled.ts";
import { root } from "../lib/project.ts";

const BUYERS = 6;
const ORDERS_EACH = scaled(50);
/** Fewer orders say nothing about one in a thousand. */
const ENOUGH = 300;
/** Buyers go home after so many ms, whatever they have bought by then. */
const BUYING_MS = 45_000;
const WARM_UP = scaled(100);
const CAPACITY = { connections: 16, requests: scaled(1_000) };
/** A buyer gives up after so many ms; the gateway itself waits 15 s for an order's end. */
const PATIENCE = 20_000;
/** The flood, as a multiple of what the shop can serve. */
const TIMES = 10;
/** What the flood's timer may lose of it. */
const ALMOST = 0.95;
const FLOOD_LIMIT = scaled(400_000);
const FLOOD_MS = BUYING_MS + 10_000;
/** Before buyers are looked at, ms: as long as the flood's own patience, so that as many wait as ever will. */
const SETTLE = 3_000;
const PAGES = Array.from({ length: 50 }, (_, n) => `/v1/products/prod_${String(n + 1).padStart(3, "0")}`);

interface Checkout {
  orders: number;
  rate: number;
  p50: number;
  p99: number;
}

/**
 * Buyers check out while others look around ten times as much as the shop can serve, as measured just before: with
 * priorities and concurrency limits, and with all of them off (WEFT_SHED=off takes away the gateway's admission, the
 * services' limits and those on calls), each against the same buyers in an idle shop.
 */
export default async function isolation(): Promise<Measured[]> {
  await buildAll();
  const rows: Measured[] = [];
  for (const protection of ["on", "off"] as const) {
    const shop = await startShop([], { vars: { WEFT_SHED: protection } });
    try {
      rows.push(...(await measure(shop, protection)));
    } finally {
      await shop.close();
    }
  }
  return rows;
}

async function measure(shop: TestMesh, protection: "on" | "off"): Promise<Measured[]> {
  const url = `${shop.url}${PAGES[0]}`;
  const client = new ShopClient((path, init) =>
    fetch(`${shop.url}${path}`, { ...init, signal: AbortSignal.timeout(PATIENCE) }),
  );
  const buyers = await Promise.all(Array.from({ length: BUYERS }, () => client.signUp()));
  await load({ url, connections: CAPACITY.connections, requests: WARM_UP });
  await buy(buyers, scaled(5));
  const idle = await buy(buyers, ORDERS_EACH);
  // Without addresses of their own, these stay below one client's quota.
  const { rate: capacity, failures } = await load({ url, ...CAPACITY });
  if (failures > 0) throw new Error(`${failures} pages failed while the shop was idle.`);

  const flood = startFlood({
    url: shop.url,
    paths: PAGES,
    rate: capacity * TIMES,
    limit: FLOOD_LIMIT,
    duration: FLOOD_MS,
  });
  await new Promise((resolve) => setTimeout(resolve, SETTLE));
  const busy = await buy(buyers, ORDERS_EACH);
  const { sent, statuses, ms } = await flood.stop();
  console.log(`  protection ${protection}: answers to the flood by status`, statuses);

  const name = (what: string) => `${what}, protection ${protection}`;
  const goal = protection === "on";
  const times = (sent * 1000) / ms / capacity;
  return [
    {
      ...compared(name("flood sent / browsing capacity"), "requests/s", times * capacity, capacity),
      goal: `>= ${TIMES * ALMOST} x`,
      met: times >= TIMES * ALMOST,
    },
    {
      ...compared(name("checkouts"), "orders", busy.orders, idle.orders),
      goal: `>= ${ENOUGH} each`,
      met: Math.min(busy.orders, idle.orders) >= ENOUGH,
    },
    { metric: name("flood served"), value: round(((statuses[200] ?? 0) * 1000) / ms), unit: "requests/s" },
    {
      metric: name("flood told to come back"),
      value: round(((statuses[503] ?? 0) * 1000) / ms),
      unit: "requests/s",
    },
    {
      ...compared(name("checkout success"), "%", busy.rate * 100, idle.rate * 100),
      ...(goal && { goal: ">= 0.999 of idle", met: busy.rate >= 0.999 * idle.rate }),
    },
    compared(name("checkout p50"), "ms", busy.p50, idle.p50),
    {
      ...compared(name("checkout p99"), "ms", busy.p99, idle.p99),
      ...(goal && { goal: "<= 2 x idle", met: busy.p99 <= 2 * idle.p99 }),
    },
  ];
}

/** Every buyer buys so often, one order after the other. */
async function buy(buyers: readonly ShopClient[], times: number): Promise<Checkout> {
  const took: number[] = [];
  const end = performance.now() + BUYING_MS;
  let bought = 0;
  /** By status; 0 = no answer in time. */
  const refused: Record<number, number> = {};
  await Promise.all(
    buyers.map(async (buyer, index) => {
      for (let n = 0; n < times && performance.now() < end; n++) {
        const productId = `prod_${String(100 + index * 16 + (n % 16)).padStart(3, "0")}`;
        const began = performance.now();
        const status = await buyer.buy({ items: [{ productId, quantity: 1 }] }).then(
          (answer) => answer.status,
          () => 0,
        );
        took.push(performance.now() - began);
        if (status === 201) bought++;
        else refused[status] = (refused[status] ?? 0) + 1;
      }
    }),
  );
  if (bought < took.length) console.log("  orders that were not taken, by status", refused);
  took.sort((a, b) => a - b);
  return {
    orders: took.length,
    rate: bought / took.length,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
  };
}

function startFlood(options: FloodOptions): { stop(): Promise<FloodResult> } {
  const thread = new Worker(join(root, "scripts/lib/flood.ts"), { workerData: options });
  const result = new Promise<FloodResult>((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
  process.once("exit", () => void thread.terminate());
  return {
    stop() {
      thread.postMessage("stop");
      return result;
    },
  };
}

function compared(metric: string, unit: string, value: number, baseline: number): Measured {
  return { metric, value: round(value), unit, baseline: round(baseline), ratio: round(value / baseline) };
}

const round = (value: number) => Math.round(value * 100) / 100;
