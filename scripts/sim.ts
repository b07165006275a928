/**
 * `npm run sim [-- saga|events|fleet] [--runs N] [--seed S]`: a seeded simulation, by default that of sagas. Each is
 * the `sim/main.ts` of a package and takes the options that it names itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./lib/project.ts";

const packages: Record<string, string> = { saga: "saga", events: "events", fleet: "mesh" };
const main = (name: string) => join(root, "packages", packages[name] ?? name, "sim", "main.ts");
const known = Object.keys(packages).filter((name) => existsSync(main(name)));

const [first = "", ...rest] = process.argv.slice(2);
const named = first !== "" && !first.startsWith("-");
const name = named ? first : "saga";
if (!known.includes(name)) {
  console.error(`no such simulation: ${name}; there are: ${known.join(", ")}`);
  process.exit(2);
}
const done = spawnSync(process.execPath, [main(name), ...(named ? rest : process.argv.slice(2))], {
  stdio: "inherit",
});
process.exit(done.status ?? 1);
