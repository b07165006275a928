/** `npm run format`: rewrites what `npm test` would call badly formatted. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { root } from "./lib/project.ts";

process.exit(spawnSync("oxfmt", process.argv.slice(2), { cwd: root, stdio: "inherit" }).status ?? 1);
