import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.ts";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs a command to its end, its output going to the console, and answers with its exit code. */
export type Run = (command: string[]) => Promise<number>;

export interface Stage {
  name: string;
  /** Undefined when there is nothing to run yet. */
  run(run: Run): Promise<Counts | undefined>;
}

/** In the order in which they are run: the fastest answers first. */
export const stages: Stage[] = [
  check("types", ["tsc"]),
  check("lint", ["oxlint"]),
  check("format", ["oxfmt", "--check"]),
  check("migrations", [process.execPath, "scripts/migrations.ts", "--check"]),
  tests(
    "unit",
    "unit",
    "{packages,workers,scripts,docs}/**/*.test.{ts,tsx}",
    /\.(workerd|mesh|browser)\.test\./,
  ),
  tests("workerd", "workerd:*", "{packages,workers}/**/*.workerd.test.{ts,tsx}"),
  tests("mesh", "mesh", "{packages,workers,docs}/**/*.mesh.test.ts"),
  tests("browser", "browser", "{packages,workers,docs}/**/*.browser.test.ts"),
];

/** A command that passes or fails as a whole. */
function check(name: string, command: string[]): Stage {
  return {
    name,
    async run(run) {
      return (await run(command)) === 0
        ? { passed: 1, failed: 0, skipped: 0 }
        : { passed: 0, failed: 1, skipped: 0 };
    },
  };
}

/** A Vitest project; what counts is what its JSON report says. */
function tests(name: string, project: string, pattern: string, except?: RegExp): Stage {
  return {
    name,
    async run(run) {
      const files = globSync(pattern, { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] });
      if (!files.some((file) => !except?.test(file))) return undefined;
      const report = join(root, "node_modules", ".cache", "weft", `${name}.json`);
      mkdirSync(join(report, ".."), { recursive: true });
      rmSync(report, { force: true });
      const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
      const code = await run(["vitest", "run", "--project", project, ...options]);
      return countsOf(report, code);
    },
  };
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/** A crash, an error outside any test, and a run that found no test count as one failure each. */
function countsOf(file: string, code: number): Counts {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (cause) {
    console.error(`vitest left no readable report (exit code ${code}): ${String(cause)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  ).length;
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + broken;
  const unexplained = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: unexplained ? 1 : failed, skipped: report.numPendingTests + report.numTodoTests };
}
