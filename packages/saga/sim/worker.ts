import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "./simulate.ts";

/** Seeds from `from` on, `count` of them. */
export interface Share {
  readonly from: number;
  readonly count: number;
}
/** What a worker tells from time to time. */
export interface Report {
  readonly runs: number;
  readonly states: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly seed: number; readonly flaws: readonly string[] }[];
}

/** Runs at a time: they take turns, so that none waits for the event loop alone. */
const AT_ONCE = 64;
const REPORT = 2_048;

// What a coordinator logs about the faults that it was given is no news.
for (const method of ["log", "error"] as const) console[method] = () => {};
// Nobody reads where an expected error came from.
Error.stackTraceLimit = 0;
const { from, count } = workerData as Share;
for (let done = 0; done < count; done += REPORT) {
  parentPort?.postMessage(await report(from + done, Math.min(REPORT, count - done)));
}

async function report(first: number, count: number): Promise<Report> {
  const states: Record<string, number> = {};
  const failures: { seed: number; flaws: readonly string[] }[] = [];
  for (let done = 0; done < count; done += AT_ONCE) {
    const seeds = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, n) => first + done + n);
    for (const { seed, state, flaws } of await Promise.all(seeds.map((each) => simulate(each)))) {
      states[state] = (states[state] ?? 0) + 1;
      if (flaws.length > 0) failures.push({ seed, flaws });
    }
  }
  return { runs: count, states, failures };
}
