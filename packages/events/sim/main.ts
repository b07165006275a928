/**
 * `node packages/events/sim/main.ts [--runs N] [--seed S]`: services with real databases whose processes die, and queues
 * that lose, repeat and reorder, on every core, with the seeds from S on. Exits with 1 and prints the first run that
 * breaks a promise; `--runs 1 --seed <its seed>` replays it.
 */
import { join } from "node:path";
import process from "node:process";
import { seedsOfCommandLine, spread } from "@weft/testkit/seeds";
import type { Report } from "./worker.ts";

const seeds = seedsOfCommandLine(5_000);
const begin = performance.now();
const failures: Report["failures"][number][] = [];
let runs = 0;
const cores = await spread<Report>(join(import.meta.dirname, "worker.ts"), seeds, (report) => {
  runs += report.runs;
  failures.push(...report.failures);
});
const seconds = (performance.now() - begin) / 1_000;
console.log(
  `${runs.toLocaleString("en")} runs in ${seconds.toFixed(1)} s on ${cores} cores: ${Math.round(runs / seconds)} runs/s`,
);
const [first] = failures.toSorted((a, b) => a.seed - b.seed);
if (first) {
  console.log(`${failures.length} runs broke a promise. The first, seed ${first.seed}:`);
  for (const problem of first.problems) console.log(`  ${problem}`);
  console.log(`Replay it: npm run sim -- events --runs 1 --seed ${first.seed}`);
  process.exitCode = 1;
} else console.log("every promise was kept");
