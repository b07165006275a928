import { expect, it } from "vitest";
import { workers } from "../../../scripts/lib/project.ts";
import { callers } from "./callees.ts";

it("knows every Worker by its name", () => {
  const all = workers().map(({ name }) => name.replace(/^shop-/, ""));
  expect(callers.toSorted()).toEqual(all.toSorted());
});
