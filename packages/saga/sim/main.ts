/**
 * `node packages/saga/sim/main.ts [--runs N] [--seed S]`: sagas of random definitions under random faults, on every
 * core, with the seeds from S on. Exits with 1 and prints the log of the first run that breaks a promise;
 * `--runs 1 --seed <its seed>` replays it.
 */
import { join } from "node:path";
import process from "node:process";
import { seedsOfCommandLine, spread } from "@weft/testkit/seeds";
import { simulate } from "./simulate.ts";
import type { Report } from "./worker.ts";

const seeds = seedsOfCommandLine(20_000);
const begin = performance.now();
const states: Record<string, number> = {};
const failures: Report["failures"][number][] = [];
let done = 0;
const cores = await spread<Report>(join(import.meta.dirname, "worker.ts"), seeds, (report) => {
  done += report.runs;
  failures.push(...report.failures);
  for (const [state, count] of Object.entries(report.states)) states[state] = (states[state] ?? 0) + count;
});
const seconds = (performance.now() - begin) / 1_000;
console.log(
  `${done.toLocaleString("en")} sagas in ${seconds.toFixed(1)} s on ${cores} cores: ${Math.round(done / seconds).toLocaleString("en")} runs/s`,
);
console.log(
  Object.entries(states)
    .map(([state, count]) => `${state} ${count.toLocaleString("en")}`)
    .join(", "),
);
const [first] = failures.toSorted((a, b) => a.seed - b.seed);
if (!first) console.log("every promise was kept");
else await show(first.seed);
process.exitCode = first ? 1 : 0;

/** Replays a run and prints all that happened in it. */
async function show(failing: number): Promise<void> {
  const print = console.log;
  for (const method of ["log", "error"] as const) console[method] = () => {};
  const run = await simulate(failing);
  for (const event of run.log) print(JSON.stringify(event));
  print(`${failures.length} runs broke a promise. The first, seed ${failing}: ${run.flaws.join("; ")}`);
  print(`Replay it: npm run sim -- saga --runs 1 --seed ${failing}`);
}
