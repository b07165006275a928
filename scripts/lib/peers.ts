import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { root } from "./project.ts";

const folder = join(root, "scripts", "bench", "peers");

/** What the benchmarks compare with has a lock file of its own: nobody but they install it. The folder of a package. */
export function peer(name: string): string {
  const place = join(folder, "node_modules", name);
  if (existsSync(place)) return place;
  const { status, stderr } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: folder,
    env: { ...process.env, SCARF_ANALYTICS: "false" },
  });
  if (status !== 0) throw new Error(`installing what to compare with failed\n${String(stderr)}`);
  return place;
}

export async function importPeer(name: string, entry: string): Promise<unknown> {
  return import(pathToFileURL(join(peer(name), entry)).href);
}
