import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestMesh } from "@weft/testkit/mesh";
import { ShopClient } from "@weft/testkit/shop-client";
import { build } from "esbuild";
import { BULKHEAD } from "../../packages/mesh/src/resilience/bulkhead.ts";
import { startShop } from "../../workers/gateway/test/shop.ts";
import type { Measured } from "../bench.ts";
import { buildAll } from "../lib/build.ts";
import { quantile } from "../lib/load.ts";
import { scaled } from "../lib/scaled.ts";
import type { Visits } from "./isolation/visitors-worker.ts";

const VISITORS = "visitors";
const BUYERS = 6;
const ORDERS_EACH = scaled(50);
/** Fewer orders say nothing about one in a thousand. */
const ENOUGH = 300;
/** Buyers go home after so many ms, whatever they have bought by then. */
const BUYING_MS = 45_000;
/** Before anything is measured: requests of the visitors, orders of each buyer. Until then code is still being compiled. */
const WARM_UP = { requests: scaled(500), orders: scaled(50) };
const CAPACITY = { visitors: 16, requests: scaled(2_000) };
/** A buyer gives up after so many ms; the gateway itself waits 15 s for an order's end. */
const PATIENCE = 20_000;
/** The flood, as a multiple of what the shop can serve. */
const TIMES = 10;
/** Visits that the gateway works on at a time. */
const ROOM = BULKHEAD.limit * BULKHEAD.shares.normal;
const FLOOD_MS = BUYING_MS + 10_000;
/** Before buyers are looked at, ms: as long as the visitors' own patience, so that as many wait as ever will. */
const SETTLE = 3_000;

interface Checkout {
  orders: number;
  rate: number;
  p50: number;
  p99: number;
}

/**
 * Buyers check out while visitors look around: with priorities and concurrency limits, and with all of them off
 * (WEFT_SHED=off takes away the gateway's admission, the services' limits and those on calls), each against the same
 * buyers in an idle shop. Visitors want ten times as much as the shop can serve, as measured just before, and ten times
 * as many as the gateway works on at a time are there at once. They come from inside the runtime, whose one thread they
 * share with the shop and with their own patience, so fewer arrive in a second; how many is part of the result.
 */
export default async function isolation(): Promise<Measured[]> {
  await buildAll();
  const folder = mkdtempSync(join(tmpdir(), "weft-bench-isolation-"));
  const main = join(folder, "visitors-worker.js");
  const entry = join(import.meta.dirname, "isolation/visitors-worker.ts");
  await build({ entryPoints: [entry], outfile: main, bundle: true, format: "esm", target: "es2024" });
  const visitors = { name: VISITORS, main, services: [{ binding: "GATEWAY", service: "shop-gateway" }] };
  const rows: Measured[] = [];
  try {
    for (const protection of ["on", "off"] as const) {
      const shop = await startShop([], { vars: { WEFT_SHED: protection }, beside: [visitors] });
      try {
        rows.push(...(await measure(shop, protection)));
      } finally {
        await shop.close();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

async function measure(shop: TestMesh, protection: "on" | "off"): Promise<Measured[]> {
  const client = new ShopClient((path, init) =>
    fetch(`${shop.url}${path}`, { ...init, signal: AbortSignal.timeout(PATIENCE) }),
  );
  const visit = async (path: string) => (await shop.direct(VISITORS, path)).json() as Promise<Visits>;
  const buyers = await Promise.all(Array.from({ length: BUYERS }, () => client.signUp()));
  await visit(`/closed?visitors=${CAPACITY.visitors}&requests=${WARM_UP.requests}`);
  await buy(buyers, WARM_UP.orders);
  const idle = await buy(buyers, ORDERS_EACH);
  const alone = await visit(`/closed?visitors=${CAPACITY.visitors}&requests=${CAPACITY.requests}`);
  if (alone.statuses[200] !== alone.sent) throw new Error("Some pages failed while the shop was idle.");
  const capacity = rateOf(alone);

  const flood = visit(`/open?rate=${capacity * TIMES}&most=${TIMES * ROOM}&ms=${FLOOD_MS}`);
  await new Promise((resolve) => setTimeout(resolve, SETTLE));
  const busy = await buy(buyers, ORDERS_EACH);
  await shop.direct(VISITORS, "/stop");
  const visits = await flood;
  console.log(`  protection ${protection}: answers to the visitors by status`, visits.statuses);

  const name = (what: string) => `${what}, protection ${protection}`;
  const goal = protection === "on";
  return [
    compared(name("visits / browsing capacity"), "requests/s", rateOf(visits), capacity),
    {
      ...compared(name("checkouts"), "orders", busy.orders, idle.orders),
      goal: `>= ${ENOUGH} each`,
      met: Math.min(busy.orders, idle.orders) >= ENOUGH,
    },
    {
      ...compared(name("most visits under way / room for them"), "requests", visits.most, ROOM),
      goal: `>= ${TIMES} x`,
      met: visits.most >= TIMES * ROOM,
    },
    { metric: name("visits served"), value: round(rateOf(visits, 200)), unit: "requests/s" },
    { metric: name("visits told to come back"), value: round(rateOf(visits, 503)), unit: "requests/s" },
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

/** Per second, of all or of one status. */
function rateOf({ sent, statuses, ms }: Visits, status?: number): number {
  return ((status === undefined ? sent : (statuses[status] ?? 0)) * 1_000) / ms;
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

function compared(metric: string, unit: string, value: number, baseline: number): Measured {
  return { metric, value: round(value), unit, baseline: round(baseline), ratio: round(value / baseline) };
}

const round = (value: number) => Math.round(value * 100) / 100;
