import { join } from "node:path";
import { expect, it } from "vitest";
import { check } from "./check.ts";
import { readProject } from "./project.ts";

it("the shop's own contracts and configs have no findings", async () => {
  expect(check(await readProject(join(import.meta.dirname, "../../..")))).toEqual([]);
});
