import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeBlocks } from "./blocks.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "node_modules/.cache/weft/guides");

it("every TypeScript block of a guide compiles", () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = writeBlocks(folder);
  expect(files.length).toBeGreaterThan(0);
  const config = {
    extends: "../../../../tsconfig.json",
    compilerOptions: { noUnusedLocals: false },
    include: ["**/*.ts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { stdout, status } = spawnSync(tsc, ["--noEmit", "-p", folder], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
}, 120_000);
