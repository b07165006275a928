/**
 * `node packages/saga/sim/main.ts [--runs N] [--seed S]`: sagas of random definitions under random faults, on every
 * core, with the seeds from S on. Exits with 1 and prints the log of the first run that breaks a promise;
 * `--runs 1 --seed <its seed>` replays it.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { simulate } from "./simulate.ts";
import type { Report, Share } from "./worker.ts";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const runs = whole("runs", values.runs);
const seed = whole("seed", values.seed);

const begin = performance.now();
const states: Record<string, number> = {};
const failures: Report["failures"][number][] = [];
let done = 0;
const cores = Math.min(availableParallelism(), runs);
const share = Math.ceil(runs / cores);
await Promise.all(
  Array.from({ length: cores }, (_, core) => {
    const from = seed + core * share;
    return work({ from, count: Math.min(share, seed + runs - from) });
  }),
);
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

function work(workerData: Share): Promise<void> {
  if (workerData.count <= 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, "worker.ts"), { workerData });
    worker.on("message", (report: Report) => {
      done += report.runs;
      failures.push(...report.failures);
      for (const [state, count] of Object.entries(report.states))
        states[state] = (states[state] ?? 0) + count;
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  });
}

/** Replays a run and prints all that happened in it. */
async function show(failing: number): Promise<void> {
  const print = console.log;
  for (const method of ["log", "error"] as const) console[method] = () => {};
  const run = await simulate(failing);
  for (const event of run.log) print(JSON.stringify(event));
  print(`${failures.length} runs broke a promise. The first, seed ${failing}: ${run.flaws.join("; ")}`);
  print(`Replay it: npm run sim -- saga --runs 1 --seed ${failing}`);
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} is "${text}"; give a whole number above 0.`);
  process.exit(2);
}
