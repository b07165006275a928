import process from "node:process";

const scale = Number(process.env.BENCH_SCALE ?? 1);
if (!(scale > 0 && scale <= 1)) throw new RangeError("BENCH_SCALE is more than 0 and at most 1.");

/** How often a benchmark does something: BENCH_SCALE=0.01 tries it out, and its figures are worth nothing then. */
export const scaled = (times: number): number => Math.max(1, Math.round(times * scale));
