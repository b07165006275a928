import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, workers } from "./project.ts";

/**
 * Bundles every Worker as a deployment would (each workspace's `build` script is a dry run of one), so that
 * whole-mesh tests run what production runs. Turborepo skips what has not changed.
 */
export async function buildAll(): Promise<void> {
  const args = [
    "run",
    "build",
    "--concurrency=2",
    "--output-logs=errors-only",
    "--log-prefix=task",
    "--no-update-notifier",
  ];
  const child = spawn("turbo", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`building the Workers failed\n${output}`);
}

/** The folder with a Worker's bundle, for the harness's `prebuiltWorkerDir`. `name` is the one in its config. */
export function builtWorker(name: string): string {
  const worker = workers().find((candidate) => candidate.name === name);
  const folder = worker ? join(root, worker.folder, "dist") : join(root, "packages/testkit/dist", name);
  if (!existsSync(folder))
    throw new Error(`${name} is not built: no ${folder}; its package needs a "build" script`);
  return folder;
}
