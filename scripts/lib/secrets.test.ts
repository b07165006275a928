import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@weft/testkit/temporary-folder";
import { expect, it } from "vitest";
import { secrets } from "./secrets.ts";

const newFile = (): string => join(temporaryFolder(), "state", "secrets.json");

it("makes a secret once, 32 random bytes, readable by the owner only", () => {
  const file = newFile();
  const first = secrets(["KEY_SECRET"], file, {});
  expect(Buffer.from(first.KEY_SECRET ?? "", "base64")).toHaveLength(32);
  expect(secrets(["KEY_SECRET"], file, {})).toEqual(first);
  expect(secrets(["KEY_SECRET"], newFile(), {})).not.toEqual(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("adds one that a new Worker asks for and keeps the others", () => {
  const file = newFile();
  const { A_TOKEN } = secrets(["A_TOKEN"], file, {});
  expect(secrets(["A_TOKEN", "B_TOKEN"], file, {})).toMatchObject({ A_TOKEN, B_TOKEN: expect.any(String) });
});

it("lets the environment win, and does not write that value down", () => {
  const file = newFile();
  secrets(["A_TOKEN"], file, {});
  expect(secrets(["A_TOKEN", "B_TOKEN"], file, { A_TOKEN: "mine" }).A_TOKEN).toBe("mine");
  expect(readFileSync(file, "utf8")).not.toContain("mine");
});
