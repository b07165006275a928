import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { writeBlocks } from "./blocks.ts";

/** Outside of node_modules, where test files are not compiled. */
const folder = join(import.meta.dirname, "dist");
const example = join(folder, "events");

rmSync(folder, { recursive: true, force: true });
writeBlocks(folder, ["docs/guides/events.md"]);
for (const worker of ["reviews", "ratings"]) {
  const schema = (await import(join(example, `workers/${worker}/src/schema.ts`))) as Record<string, unknown>;
  const [empty, full] = [await generateSQLiteDrizzleJson({}), await generateSQLiteDrizzleJson(schema)];
  mkdirSync(join(example, "migrations", worker), { recursive: true });
  const sql = (await generateSQLiteMigration(empty, full)).join("\n");
  writeFileSync(join(example, "migrations", worker, "0000_init.sql"), sql);
}
const test = join(example, "workers/ratings/src/index.test.ts");
const code = readFileSync(test, "utf8");
writeFileSync(test, code.replaceAll('d1("migrations/', `d1("${example}/migrations/`));

// The reader's own test becomes one of this file's.
await import(test);
