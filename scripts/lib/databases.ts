import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure } from "./failure.ts";
import { root, type Database, type WorkerConfig } from "./project.ts";

interface Work {
  database: Database;
  migrations: { name: string; sql: string }[];
  /** Statements of workers/<name>/seed.ts; idempotent (INSERT OR IGNORE). */
  seed: string[];
}

/**
 * Brings every local D1 database up to date: new migrations, then the Worker's seed.ts. All databases are opened
 * in one runtime process, bound side by side in a config made for it, which takes about a second for all of them
 * (`wrangler d1 migrations apply` takes 3 s for each). A stamp of all inputs makes the next start skip even that.
 * Migrations are recorded where wrangler records them, so `wrangler d1 migrations list` agrees.
 */
export async function prepareDatabases(workers: WorkerConfig[], state: string): Promise<boolean> {
  const work = (await Promise.all(workers.map(workOf))).flat();
  if (work.length === 0) return false;
  const stampFile = join(state, "databases.stamp");
  const stamp = hash(work);
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return false;

  mkdirSync(state, { recursive: true });
  const configPath = join(state, "databases.json");
  writeFileSync(configPath, JSON.stringify(configOf(work)));
  const { getPlatformProxy, unstable_splitSqlQuery: split } = await import("wrangler");
  const platform = await getPlatformProxy<Record<string, D1Database>>({
    configPath,
    envFiles: [],
    persist: { path: resolve(state, "v3") },
  });
  try {
    for (const [index, { database, migrations, seed }] of work.entries()) {
      const d1 = platform.env[bindingOf(index)];
      if (!d1) throw new Error(`no local database for ${database.name}`);
      await migrate(d1, database, migrations, split);
      await run(d1, seed, `${database.name}: seed`);
    }
  } finally {
    await platform.dispose();
  }
  writeFileSync(stampFile, stamp);
  return true;
}

async function migrate(
  d1: D1Database,
  database: Database,
  migrations: Work["migrations"],
  split: (sql: string) => string[],
): Promise<void> {
  await d1
    .prepare(
      "CREATE TABLE IF NOT EXISTS d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, " +
        "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    )
    .run();
  const applied = new Set((await d1.prepare("SELECT name FROM d1_migrations").raw<[string]>()).flat());
  for (const { name, sql } of migrations.filter((migration) => !applied.has(migration.name))) {
    const record = `INSERT INTO d1_migrations (name) VALUES ('${name.replaceAll("'", "''")}')`;
    await run(d1, [...split(sql), record], `${database.name}: migration ${name}`);
  }
}

/** One batch, hence one transaction: a migration is applied whole or not at all. */
async function run(d1: D1Database, statements: string[], what: string): Promise<void> {
  if (statements.length === 0) return;
  try {
    await d1.batch(statements.map((statement) => d1.prepare(statement)));
  } catch (cause) {
    throw new Failure(
      `${what} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      "None of its statements was applied. Mend it, then start again.",
    );
  }
}

async function workOf(worker: WorkerConfig): Promise<Work[]> {
  const work: Work[] = [];
  for (const database of worker.databases) {
    const folder = database.migrations;
    if (!folder || !existsSync(folder)) continue;
    const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
    const migrations = names
      .toSorted()
      .map((name) => ({ name, sql: readFileSync(join(folder, name), "utf8") }));
    work.push({ database, migrations, seed: work.length === 0 ? await seedOf(worker) : [] });
  }
  return work;
}

/** A Worker's seed goes into its first database. */
async function seedOf(worker: WorkerConfig): Promise<string[]> {
  const file = join(root, worker.folder, "seed.ts");
  if (!existsSync(file)) return [];
  const module = (await import(pathToFileURL(file).href)) as { seed(): string[] };
  return module.seed();
}

const bindingOf = (index: number): string => `DB_${index}`;

const configOf = (work: Work[]): object => ({
  name: "weft-databases",
  compatibility_date: "2026-08-04",
  d1_databases: work.map(({ database }, index) => ({
    binding: bindingOf(index),
    database_id: database.id,
    database_name: database.name,
  })),
});

function hash(work: Work[]): string {
  return createHash("sha256").update(JSON.stringify(work)).digest("hex");
}
