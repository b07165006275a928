#!/usr/bin/env node
// Any Node can start this; the command itself is TypeScript and runs on the Node of node_modules.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const node = findNode(dirname(main));
if (node === undefined) {
  console.error("Weft is not installed here: run `npm install` first.");
  process.exit(1);
}

const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (cause) => {
  console.error(
    `${node} does not start: ${cause.message}. Remove node_modules and run \`npm install\` again.`,
  );
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));

function findNode(folder) {
  const candidate = join(folder, "node_modules", "node", "bin", "node");
  if (existsSync(candidate)) return candidate;
  const parent = dirname(folder);
  return parent === folder ? undefined : findNode(parent);
}
