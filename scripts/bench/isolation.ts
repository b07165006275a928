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
import { root } from "../lib/project.ts";

const BUYERS = 4;
const ORDERS_EACH = 25;
/** Buyers go home after so many ms, whatever they have bought by then. */
const BUYING_MS = 15_000;
const WARM_UP = 100;
const CAPACITY = { connections: 16, requests: 300 };
/** A buyer gives up after so many ms; the gateway itself waits 15 s for an order's end. */
const PATIENCE = 20_000;
/** The flood, as a multiple of what the shop can serve. */
const TIMES = 10;
const FLOOD_LIMIT = 200_000;
const FLOOD_MS = 20_000;
/** Before buyers are looked at, ms. */
const SETTLE = 1_500;
const PAGES = Array.from({ length: 50 }, (_, n) => `/v1/products/prod_${String(n + 1).padStart(3, "0")}`);

interface Checkout {
  rate: number;
  p50: number;
  p99: number;
}

/**
 * Buyers check out while others look around ten times as much as the shop can serve: with priorities and concurrency
 * limits, and without (WEFT_SHED=off), each against the same buyers in an idle shop.
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
  await buy(buyers, 5);
  const idle = await buy(buyers, ORDERS_EACH);
  // Without addresses of their own, these stay below one client's quota.
  const { rate: capacity } = await load({ url, ...CAPACITY });

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
  return [
    { metric: name("browsing capacity"), value: round(capacity), unit: "requests/s" },
    { metric: name("flood sent"), value: round((sent * 1000) / ms), unit: "requests/s" },
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
  await Promise.all(
    buyers.map(async (buyer, index) => {
      for (let n = 0; n < times && performance.now() < end; n++) {
        const productId = `prod_${String(100 + index * 20 + (n % 20)).padStart(3, "0")}`;
        const began = performance.now();
        const status = await buyer.buy({ items: [{ productId, quantity: 1 }] }).then(
          (answer) => answer.status,
          () => 0,
        );
        took.push(performance.now() - began);
        if (status === 201) bought++;
        else console.log(`  an order was answered ${status}`);
      }
    }),
  );
  took.sort((a, b) => a - b);
  return { rate: bought / took.length, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
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
