import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { build } from "esbuild";
import { createTestHarness } from "wrangler";
import { cpuOf, runtimes } from "../../lib/runtime-cpu.ts";
import type { Usage } from "./metered.ts";
import * as schema from "./schema.ts";
import type { DatabaseName, Env } from "./worker.ts";

const NAME = "events-bench";
const DATABASES: readonly DatabaseName[] = ["DB", "DB_10000", "DB_100000", "DB_1000000"];

export interface RunOptions {
  /** How many events. */
  count: number;
  /** Number of the event before the first one. */
  start?: number;
  /** From one event's number to the next one's. */
  stride?: number;
  db?: DatabaseName;
}

/** All per event. */
export interface Run extends Usage {
  ms: number;
  /** Of the whole runtime, D1's own included, ms. */
  cpu: number;
}

export type Runtime = Awaited<ReturnType<typeof startRuntime>>;

/** workerd with the benchmark's Worker, its queues and four empty databases. */
export async function startRuntime() {
  const folder = mkdtempSync(join(tmpdir(), "weft-bench-events-"));
  const main = join(folder, "worker.js");
  await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    outfile: main,
    bundle: true,
    format: "esm",
    target: "es2024",
    logLevel: "warning",
  });
  // A line for each message of a rebuild says nothing here.
  process.env["WRANGLER_LOG"] ??= "warn";
  const server = createTestHarness({
    root: folder,
    workers: [
      {
        config: {
          name: NAME,
          main,
          compatibility_date: "2026-10-01",
          d1_databases: DATABASES.map((binding) => ({
            binding,
            database_name: binding.toLowerCase(),
            database_id: binding.toLowerCase(),
          })),
          queues: {
            producers: [
              { binding: "QUEUE", queue: "nobodys-events" },
              { binding: "OWN_QUEUE", queue: "books-events" },
            ],
            consumers: [{ queue: "books-events", max_batch_size: 10, max_batch_timeout: 0 }],
          },
        },
        prebuiltWorkerDir: folder,
      },
    ],
  });
  const { url } = await server.listen();
  const env = await server.getWorker<Env>(NAME).getEnv();
  const tables = await generateSQLiteMigration(
    await generateSQLiteDrizzleJson({}),
    await generateSQLiteDrizzleJson({ ...schema, books: undefined }),
  );
  for (const name of DATABASES) await env[name].batch(tables.map((table) => env[name].prepare(table)));

  async function json<T>(path: string): Promise<T> {
    const answer = await fetch(new URL(path, url));
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
  return {
    env,
    json,
    /** Runs a scenario in the Worker. */
    async run(scenario: string, { count, start = 0, stride = 1, db = "DB" }: RunOptions): Promise<Run> {
      const [began, cpu] = [performance.now(), cpuOf(runtimes())];
      const used = await json<Usage>(`/${scenario}?count=${count}&start=${start}&stride=${stride}&db=${db}`);
      const all = { ...used, ms: performance.now() - began, cpu: cpuOf(runtimes()) - cpu };
      return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value / count])) as never;
    },
    async close(): Promise<void> {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
