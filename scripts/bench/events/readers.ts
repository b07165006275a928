import { quantile } from "../../lib/load.ts";
import { written } from "./fold.ts";
import type { Runtime } from "./runtime.ts";

const READERS = 4;

export interface Reads {
  /** How often each known state was seen, by its name. */
  readonly seen: Readonly<Record<string, number>>;
  /** Reads that saw no known state. */
  readonly broken: number;
  /** ms */
  readonly longest: number;
  readonly median: number;
}

/** Reads the whole projection again and again, several at a time, and compares it with the states that it may have. */
export function startReaders(runtime: Runtime, states: Readonly<Record<string, string>>) {
  const names = new Map(Object.entries(states).map(([name, state]) => [state, name]));
  const seen: Record<string, number> = Object.fromEntries(Object.keys(states).map((name) => [name, 0]));
  const times: number[] = [];
  let broken = 0;
  let over = false;
  const readers = Array.from({ length: READERS }, async () => {
    while (!over) {
      const began = performance.now();
      const { rows } = await runtime.json<{ rows: [string, number][] }>("/read");
      times.push(performance.now() - began);
      const name = names.get(written(rows));
      if (name === undefined) broken++;
      else seen[name] = (seen[name] ?? 0) + 1;
    }
  });
  return {
    async stop(): Promise<Reads> {
      over = true;
      await Promise.all(readers);
      times.sort((a, b) => a - b);
      return { seen, broken, longest: times.at(-1) ?? Number.NaN, median: quantile(times, 0.5) };
    },
  };
}
