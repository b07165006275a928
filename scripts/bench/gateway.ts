import { join } from "node:path";
import { createTestHarness } from "wrangler";
import { shopWorkers, startShop } from "../../workers/gateway/test/shop.ts";
import { buildAll, builtWorker } from "../lib/build.ts";
import { load, type LoadResult, median } from "../lib/load.ts";
import { root } from "../lib/project.ts";
import { cpuOf, runtimes } from "../lib/runtime-cpu.ts";
import type { Measured } from "../bench.ts";

const ROUNDS = 5;
const REQUESTS = 1_500;
const CONNECTIONS = 16;
const PATH = "/v1/users/me";

interface Side {
  url: string;
  headers: Record<string, string>;
  runtimes: number[];
  results: (LoadResult & { cpu: number })[];
}

/**
 * `GET /v1/users/me` through the whole gateway (routing, token check, rate limit, contract, call path, access log)
 * and through a Worker that only passes the request on, each in front of the same users service and database, in turns.
 */
export default async function gateway(): Promise<Measured[]> {
  await buildAll();
  const shop = await startShop();
  const shopRuntimes = runtimes();
  const buyer = await shop.shop.signUp();
  const me = (await buyer.get(PATH)).body as { id: string };

  const bare = createTestHarness({
    root,
    workers: [
      {
        config: {
          name: "pass-through",
          main: join(builtWorker("pass-through-worker"), "pass-through-worker.js"),
          compatibility_date: "2026-10-01",
          services: [{ binding: "BACKEND", service: "shop-users", props: { caller: "gateway" } }],
        },
        prebuiltWorkerDir: builtWorker("pass-through-worker"),
      },
      // All of them: a Worker starts only where everything is that its bindings name.
      ...shopWorkers().map(({ configPath, prebuiltWorkerDir, secrets }) => ({
        configPath,
        prebuiltWorkerDir,
        secrets,
      })),
    ],
  });
  const { url } = await bare.listen();
  const bareRuntimes = runtimes().filter((pid) => !shopRuntimes.includes(pid));
  const db = (await bare.getWorker<{ DB: D1Database }>("shop-users").getEnv()).DB;
  await bare.getWorker("shop-users").applyD1Migrations("DB");
  const [account] = await shop.sql<Record<string, string | number>>(
    "shop-users",
    "SELECT * FROM users WHERE id = ?",
    me.id,
  );
  const columns = Object.keys(account ?? {});
  await db
    .prepare(`INSERT INTO users (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`)
    .bind(...Object.values(account ?? {}))
    .run();

  const principal = encodeURIComponent(JSON.stringify({ sub: me.id, scopes: [] }));
  const sides: Record<"full" | "bare", Side> = {
    full: {
      url: `${shop.url}${PATH}`,
      headers: { authorization: `Bearer ${buyer.token}` },
      runtimes: shopRuntimes,
      results: [],
    },
    bare: {
      url: new URL(PATH, url).href,
      headers: { "weft-principal": principal },
      runtimes: bareRuntimes,
      results: [],
    },
  };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const side of Object.values(sides)) {
      const before = cpuOf(side.runtimes);
      const result = await load({
        url: side.url,
        headers: side.headers,
        connections: CONNECTIONS,
        requests: REQUESTS,
      });
      if (result.failures > 0)
        throw new Error(`${result.failures} of ${REQUESTS} requests to ${side.url} failed.`);
      // The first round warms both up.
      if (round > 0) side.results.push({ ...result, cpu: (cpuOf(side.runtimes) - before) / REQUESTS });
    }
  }
  await Promise.all([shop.close(), bare.close()]);

  const row = (
    metric: string,
    unit: string,
    of: (result: LoadResult & { cpu: number }) => number,
  ): Measured => {
    const value = median(sides.full.results.map(of));
    const baseline = median(sides.bare.results.map(of));
    return { metric, value, unit, baseline, ratio: value / baseline };
  };
  return [
    row("throughput", "requests/s", ({ rate }) => rate),
    row("CPU per request", "ms", ({ cpu }) => cpu),
    row("p50", "ms", ({ p50 }) => p50),
    row("p99", "ms", ({ p99 }) => p99),
  ];
}
