/**
 * `npm run bench [name ...] [-- --json FILE]`: runs scripts/bench/<name>.ts, or all of them. Each measures its
 * subject beside a baseline and answers with rows, which are printed as a table.
 */
import { globSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { root } from "./lib/project.ts";

/** One measured value; `ratio` is value / baseline, `goal` says in words what it should be. */
export interface Measured {
  metric: string;
  value: number;
  unit: string;
  baseline?: number;
  ratio?: number;
  goal?: string;
  met?: boolean;
}

const folder = join(root, "scripts", "bench");
const { values, positionals } = parseArgs({ options: { json: { type: "string" } }, allowPositionals: true });
const known = globSync("*.ts", { cwd: folder, exclude: ["*.test.ts"] })
  .map((file) => basename(file, ".ts"))
  .toSorted();
const names = positionals.length > 0 ? positionals : known;
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  process.exit(2);
}

// Wrangler's own record of every span, in an object with a database: nothing has that where it runs for real.
process.env["X_LOCAL_OBSERVABILITY"] ??= "false";
const rows: (Measured & { bench: string })[] = [];
for (const name of names) {
  const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as {
    default(): Promise<Measured[]>;
  };
  console.log(`\n${name}`);
  const measured = await module.default();
  console.table(measured);
  rows.push(...measured.map((row) => ({ bench: name, ...row })));
}
if (values.json) writeFileSync(resolve(values.json), `${JSON.stringify(rows, null, 2)}\n`);
process.exit(0);
