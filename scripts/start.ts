/** `npm start [-- --without NAME,…]`: migrations, seed, every Worker in one `wrangler dev`, and a line when the first request works. */
import { rmSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { consoleFilter } from "./lib/console-filter.ts";
import { driveCrons } from "./lib/cron-driver.ts";
import { prepareDatabases } from "./lib/databases.ts";
import { Failure } from "./lib/failure.ts";
import { isFree, portOf, tryPort } from "./lib/ports.ts";
import { present } from "./lib/present.ts";
import { startGroup, type ProcessGroup } from "./lib/process-group.ts";
import { root, workers, type WorkerConfig } from "./lib/project.ts";
import { secrets } from "./lib/secrets.ts";
import { lockState } from "./lib/state.ts";

const readyTimeoutMs = 90_000;

const state = resolve(root, process.env.WEFT_STATE || ".wrangler/state");
const registry = join(state, "registry");
let port = 0;
let base = "";
let mesh: ProcessGroup | undefined;
let stopping = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));
process.on("disconnect", () => void stop(1));

try {
  await start();
} catch (cause) {
  if (cause instanceof Failure) console.error(`${cause.message}\n${cause.fix}`);
  else console.error(cause);
  await stop(1);
}

async function start(): Promise<void> {
  port = portOf(process.env.PORT);
  base = `http://127.0.0.1:${port}`;
  if (!(await isFree(port))) {
    throw new Failure(
      `Port ${port} is already in use on 127.0.0.1, so Weft cannot listen there.`,
      `Stop the program that holds it, or choose another port: PORT=${port + 1} npm start`,
    );
  }
  lockState(state);
  // What a killed run registered here would be taken for a live peer.
  rmSync(registry, { recursive: true, force: true });
  const all = present(workers(), process.argv.slice(2));
  const secretsFile = join(state, "secrets.json");
  const values = secrets([...new Set(all.flatMap((worker) => worker.secrets))], secretsFile);
  if (await prepareDatabases(all, state)) console.log("databases are migrated and seeded");

  const recent: string[] = [];
  let isReady = false;
  // Until then the Workers log little but this script's own questions about their health.
  const show = (line: string): void => {
    if (isReady || !line.startsWith("[")) console.log(line);
  };
  mesh = startGroup(await wrangler(all), {
    cwd: root,
    env: { ...process.env, ...values, ...wranglerEnv() },
    onLine: rememberAnd(
      recent,
      consoleFilter(
        all.map((worker) => worker.name),
        show,
      ),
    ),
  });
  void mesh.ended.then((code) => crashed(code, recent));
  await ready(all, recent);
  isReady = true;
  const stopCrons = driveCrons(base, all, (line) => {
    if (!stopping) console.error(line);
  });
  process.on("exit", stopCrons);
  console.log(`Weft is ready on ${base}`);
  console.log(nextSteps(secretsFile));
}

async function wrangler(all: WorkerConfig[]): Promise<string[]> {
  const inspector = await tryPort(0);
  return [
    join(root, "node_modules", ".bin", "wrangler"),
    "dev",
    ...all.flatMap((worker) => ["-c", worker.config]),
    `--persist-to=${state}`,
    "--ip=127.0.0.1",
    `--port=${port}`,
    `--inspector-port=${inspector}`,
    "--show-interactive-dev-session=false",
  ];
}

/** Keeps this instance apart from others on the machine, and out of the user's home. */
function wranglerEnv(): NodeJS.ProcessEnv {
  return {
    WRANGLER_REGISTRY_PATH: registry,
    XDG_CONFIG_HOME: join(state, "config"),
    WRANGLER_WRITE_LOGS: "false",
    // The mesh records its own traces; wrangler's would be a second copy of them in the state folder.
    X_LOCAL_OBSERVABILITY: process.env.X_LOCAL_OBSERVABILITY ?? "false",
  };
}

/** An answer on the port alone proves little: every service that was started must be healthy. */
async function ready(all: WorkerConfig[], recent: string[]): Promise<void> {
  const services = all.slice(1).map(({ folder }) => basename(folder));
  const deadline = Date.now() + readyTimeoutMs;
  let last = "no answer";
  while (Date.now() < deadline) {
    try {
      const answer = await fetch(`${base}/health/detailed`, { signal: AbortSignal.timeout(3_000) });
      last = await answer.text();
      const { checks } = JSON.parse(last) as { checks: Record<string, { status: string }> };
      if (services.every((name) => checks[name]?.status === "UP")) return;
    } catch (cause) {
      last = String(cause);
    }
    await sleep(100);
  }
  throw new Failure(
    `Not every service was healthy within ${readyTimeoutMs / 1000} s; GET ${base}/health/detailed said last: ${last}`,
    `What wrangler said last:\n${recent.join("\n")}`,
  );
}

function nextSteps(secretsFile: string): string {
  const token = process.env.WEFT_OPERATOR_TOKEN
    ? "from the environment"
    : `in ${relative(root, secretsFile)}`;
  return [
    `  Browse:    curl ${base}/v1/products?limit=3`,
    `  API:       ${base}/docs`,
    `  Operators: WEFT_OPERATOR_TOKEN is ${token}`,
    "  Stop:      Ctrl-C",
  ].join("\n");
}

function rememberAnd(recent: string[], pass: (line: string) => void): (line: string) => void {
  return (line) => {
    recent.push(line);
    if (recent.length > 60) recent.shift();
    pass(line);
  };
}

async function crashed(code: number, recent: string[]): Promise<void> {
  if (stopping) return;
  console.error(`${recent.map(stripVTControlCharacters).join("\n")}\n`);
  console.error(`wrangler dev ended by itself (exit code ${code}); above is the last of what it said.`);
  await stop(code || 1);
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await mesh?.stop();
  process.exit(code);
}
