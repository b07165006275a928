import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Measured } from "../bench.ts";
import { root, workers } from "../lib/project.ts";

const GATEWAY_GOAL_KB = 120;

/** What a deployment of each Worker uploads, and how long its start-up keeps the CPU busy on this machine. */
export default function size(): Promise<Measured[]> {
  const scratch = mkdtempSync(join(tmpdir(), "weft-size-"));
  const rows = workers().flatMap(({ name, config }): Measured[] => {
    const profile = join(scratch, `${name}.cpuprofile`);
    const report = execFileSync("wrangler", ["check", "startup", "--outfile", profile], {
      cwd: dirname(join(root, config)),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, gzip] = report.match(/gzip: ([\d.]+) KiB/) ?? [];
    const [, active] = report.match(/Active: ([\d.]+) ms/) ?? [];
    if (!gzip || !active) throw new Error(`wrangler said nothing about the size of ${name}:\n${report}`);
    const kilobytes = Math.round(Number(gzip) * 1.024 * 10) / 10;
    const goal = name === "shop-gateway" && {
      goal: `<= ${GATEWAY_GOAL_KB}`,
      met: kilobytes <= GATEWAY_GOAL_KB,
    };
    return [
      { metric: `${name} bundle`, value: kilobytes, unit: "kB gzip", ...goal },
      { metric: `${name} start-up`, value: Number(active), unit: "ms CPU" },
    ];
  });
  rmSync(scratch, { recursive: true });
  return Promise.resolve(rows);
}
