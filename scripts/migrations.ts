/**
 * `npm run migrations [-- --name <what>]` writes a migration for every schema that changed; `-- --check` only says
 * which ones lack one, and fails if any does. `-- --custom <worker> --name <what>` starts an empty one to fill in.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { isUpToDate, schemas, type Schema } from "./lib/migrations.ts";
import { root } from "./lib/project.ts";

const { values } = parseArgs({
  options: { check: { type: "boolean" }, name: { type: "string" }, custom: { type: "string" } },
});

const wanted: Schema[] = [];
for (const schema of schemas()) {
  if (values.custom ? values.custom === schema.worker : !(await isUpToDate(schema))) wanted.push(schema);
}

if (values.check) {
  for (const { file, migrations } of wanted)
    console.error(`${file} has changes that no migration in ${migrations} makes`);
  if (wanted.length > 0) console.error("Write the missing ones: npm run migrations -- --name <what>");
  process.exit(wanted.length > 0 ? 1 : 0);
}
if (wanted.length === 0) console.log("every schema has its migrations");
for (const { file, migrations } of wanted) {
  const name = values.name ? ["--name", values.name] : [];
  const args = ["generate", "--dialect", "sqlite", "--schema", file, "--out", migrations, ...name];
  const done = spawnSync("drizzle-kit", [...args, ...(values.custom ? ["--custom"] : [])], {
    cwd: root,
    stdio: "inherit",
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
