import { beforeEach, describe, expect, it, vi } from "vitest";
import { expected } from "./testing/conformance/compare.ts";
import { differences } from "./testing/conformance/differences.ts";
import { scenarios } from "./testing/conformance/scenarios.ts";
import { onObject, onWorkflow } from "./testing/conformance/simulated.ts";
import { observe } from "./testing/conformance/subject.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

describe("a saga on Workflows does what it does in a Durable Object, but for the listed differences", () => {
  it.each([...scenarios])("%s", async (name, { script, play }) => {
    const reference = await observe(onObject(script), play);
    const found = await observe(onWorkflow(script), play);
    expect(found).toEqual(expected(name, reference));
    // One that is no difference any more does not stay in the table.
    if (name in differences) expect(found).not.toEqual(reference);
  });

  it("has no difference listed of a scenario that there is not", () => {
    expect(Object.keys(differences).filter((name) => !scenarios.has(name))).toEqual([]);
  });
});
