import { type Share, tellShares } from "@weft/testkit/seeds";
import { simulate } from "./simulate.ts";

/** What a worker tells from time to time. */
export interface Report {
  readonly runs: number;
  readonly states: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly seed: number; readonly flaws: readonly string[] }[];
}

/** Runs at a time: they take turns, so that none waits for the event loop alone. */
const AT_ONCE = 64;

await tellShares(2_048, async ({ from, count }: Share): Promise<Report> => {
  const states: Record<string, number> = {};
  const failures: { seed: number; flaws: readonly string[] }[] = [];
  for (let done = 0; done < count; done += AT_ONCE) {
    const seeds = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, n) => from + done + n);
    for (const { seed, state, flaws } of await Promise.all(seeds.map((each) => simulate(each)))) {
      states[state] = (states[state] ?? 0) + 1;
      if (flaws.length > 0) failures.push({ seed, flaws });
    }
  }
  return { runs: count, states, failures };
});
