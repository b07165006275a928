import { beforeEach, expect, it, vi } from "vitest";
import { simulate } from "./simulate.ts";

/** Every outcome is taken for that of the attempt that is waited for. */
vi.mock(import("../src/awaited.ts"), () => ({ isAwaited: () => true }));

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

it("the promises are broken without the check of attempt and epoch", async () => {
  const seeds = Array.from({ length: 600 }, (_, n) => n + 1);
  const flaws = (await Promise.all(seeds.map((seed) => simulate(seed)))).flatMap((run) => run.flaws);
  expect(flaws.join("\n")).toMatch(/an outcome was applied that nobody waited for/);
}, 60_000);
