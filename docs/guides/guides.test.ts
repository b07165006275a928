import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "node_modules/.cache/weft/guides");

it("every TypeScript block of a guide compiles", () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = globSync("docs/guides/*.md", { cwd: root }).flatMap((guide) =>
    [...readFileSync(join(root, guide), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
      ([, code = ""], index) => {
        const file = `${basename(guide, ".md")}-${index}.ts`;
        writeFileSync(join(folder, file), code);
        return file;
      },
    ),
  );
  expect(files.length).toBeGreaterThan(0);
  const config = {
    extends: "../../../../tsconfig.json",
    compilerOptions: { noUnusedLocals: false },
    include: ["*.ts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { stdout, status } = spawnSync(tsc, ["--noEmit", "-p", folder], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
}, 120_000);
