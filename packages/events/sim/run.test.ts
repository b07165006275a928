import { beforeEach, expect, it, vi } from "vitest";
import { run } from "./run.ts";
import type { Flaw } from "./world.ts";

beforeEach(() => {
  for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockReturnValue();
});

async function firstProblems(flaw: Flaw | undefined, runs: number): Promise<string[]> {
  for (let seed = 1; seed <= runs; seed++) {
    const problems = await run(seed, flaw);
    if (problems.length > 0) return [`seed ${seed}`, ...problems];
  }
  return [];
}

it(
  "no event is lost, repeated or out of order, whatever dies and whatever queues do",
  { timeout: 60_000 },
  async () => {
    expect(await firstProblems(undefined, 100)).toEqual([]);
  },
);

it.each<[Flaw, string]>([
  ["no inbox", "each event has its effect once"],
  ["no inbox for tasks", "each command is carried out once"],
  ["send before commit", "each event has its effect once"],
  ["no gap pull", "a projection is the fold over the log"],
])("is noticed: %s", { timeout: 60_000 }, async (flaw, promise) => {
  expect((await firstProblems(flaw, 20)).join("\n")).toContain(promise);
});
