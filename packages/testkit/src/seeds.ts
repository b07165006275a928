import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { parentPort, Worker, workerData } from "node:worker_threads";

/** Seeds from `from` on, `count` of them. */
export interface Share {
  readonly from: number;
  readonly count: number;
}

/** `--runs N --seed S` of a simulation's command line; ends the process with 2 and says why if they are no such thing. */
export function seedsOfCommandLine(defaultRuns: number): { runs: number; seed: number } {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: "string", default: String(defaultRuns) },
        seed: { type: "string", default: "1" },
      },
    });
    return { runs: whole("runs", values.runs), seed: whole("seed", values.seed) };
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`--${name} is "${text}"; give a whole number above 0.`);
}

/** Splits the seeds over all cores, each a thread that runs `file` with `tellShares`; answers with the number of cores. */
export async function spread<Report>(
  file: string,
  { runs, seed }: { readonly runs: number; readonly seed: number },
  heard: (report: Report) => void,
): Promise<number> {
  const cores = Math.min(availableParallelism(), runs);
  const size = Math.ceil(runs / cores);
  const shares = Array.from({ length: cores }, (_, core): Share => {
    const from = seed + core * size;
    return { from, count: Math.min(size, seed + runs - from) };
  });
  await Promise.all(
    shares.map(
      (share) =>
        new Promise<void>((resolve, reject) => {
          if (share.count <= 0) return resolve();
          const worker = new Worker(file, { workerData: share });
          worker.on("message", (report: Report) => heard(report));
          worker.on("error", reject);
          worker.on("exit", () => resolve());
        }),
    ),
  );
  return cores;
}

/** In a thread of `spread`: runs its share in pieces, and tells of each. What the runs log is no news. */
export async function tellShares<Report>(
  piece: number,
  run: (share: Share) => Promise<Report>,
): Promise<void> {
  for (const method of ["log", "warn", "error"] as const) console[method] = () => {};
  // Nobody reads where an expected error came from.
  Error.stackTraceLimit = 0;
  const { from, count } = workerData as Share;
  for (let done = 0; done < count; done += piece)
    parentPort?.postMessage(await run({ from: from + done, count: Math.min(piece, count - done) }));
}
