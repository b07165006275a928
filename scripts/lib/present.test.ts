import { expect, it } from "vitest";
import { Failure } from "./failure.ts";
import { present } from "./present.ts";

const all = ["gateway", "inventory", "views"].map((name) => ({ folder: `workers/${name}` }));

it("leaves out whom it is told to", () => {
  expect(present(all, [])).toEqual(all);
  expect(present(all, ["--without", "inventory,views"])).toEqual([{ folder: "workers/gateway" }]);
});

it.each([
  ["a Worker that there is not", ["--without", "views,nope"], "nope", "There are: inventory, views."],
  ["the gateway, without which nothing answers", ["--without", "gateway"], "gateway", "inventory"],
  ["an option that it does not have", ["--bogus"], "--bogus", "--without NAME"],
  ["a name without its option", ["views"], "views", "--without NAME"],
])("says what is wrong with %s, and how to say it", (_, args, what, fix) => {
  let thrown: unknown;
  try {
    present(all, args);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Failure);
  expect((thrown as Failure).message).toContain(what);
  expect((thrown as Failure).fix).toContain(fix);
});
