import { tellShares } from "@weft/testkit/seeds";
import { run } from "./run.ts";

export interface Report {
  readonly runs: number;
  readonly failures: readonly { readonly seed: number; readonly problems: readonly string[] }[];
}

await tellShares(100, async ({ from, count }): Promise<Report> => {
  const failures: { seed: number; problems: string[] }[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const problems = await run(seed);
    if (problems.length > 0) failures.push({ seed, problems });
  }
  return { runs: count, failures };
});
