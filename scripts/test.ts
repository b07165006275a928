/** `npm test [-- <stage> ...]`: every check and every test, a count on the last line. */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { startGroup, type ProcessGroup } from "./lib/process-group.ts";
import { root, workers } from "./lib/project.ts";
import { randomSecret } from "./lib/secrets.ts";
import { stages, type Counts } from "./lib/test-stages.ts";

const stageLimitMs = 10 * 60_000;
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `no such stage: ${unknown.join(", ")}; there are: ${stages.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}

let current: ProcessGroup | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end());
process.on("disconnect", () => void end());

const scratch = join(tmpdir(), `weft-test-${process.pid}`);
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const env = {
  ...process.env,
  ...colours(),
  ...secretsForTests(),
  XDG_CONFIG_HOME: scratch,
  WRANGLER_WRITE_LOGS: "false",
};

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const begin = Date.now();
  console.log(`\n── ${stage.name}`);
  const counts = await stage.run(run).catch((cause: unknown): Counts => {
    console.error(cause);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  if (counts === undefined) {
    console.log(`${stage.name}: no such tests exist yet`);
    continue;
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  console.log(`${stage.name}: ${text(counts)} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
}
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
process.stdout.write(`\n${text(total)}\n`, () => process.exit());

async function run(command: string[]): Promise<number> {
  const group = startGroup(command, { cwd: root, env, onLine: (line) => console.log(line) });
  current = group;
  // Vitest's own time limits cannot end a test that never yields.
  const limit = setTimeout(() => {
    console.error(`no end after ${stageLimitMs / 60_000} min; ending it`);
    void group.stop();
  }, stageLimitMs);
  const code = await group.ended;
  clearTimeout(limit);
  return code;
}

function text({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Workers under test find their required secrets in the environment, as under `npm start`. */
function secretsForTests(): NodeJS.ProcessEnv {
  const names = workers().flatMap((worker) => worker.secrets);
  return Object.fromEntries(names.map((name) => [name, randomSecret(name)]));
}

/** The stages write to a pipe, so they cannot see whether a person is watching. */
function colours(): NodeJS.ProcessEnv {
  if (process.env.NO_COLOR || process.env.FORCE_COLOR) return {};
  return process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
}

async function end(): Promise<void> {
  await current?.stop();
  process.exit(143);
}
