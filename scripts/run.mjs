// The first thing every npm script runs. It must work on Node 20 with built-ins only: it installs what is
// missing, then hands over to Node 24 from node_modules, which runs scripts/<name>.ts directly.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const node = join(root, "node_modules", "node", "bin", "node");
const stamp = join(root, "node_modules", ".weft-install");

if (process.argv[2] === "--installed") writeFileSync(stamp, hashOfLock());
else {
  if (!existsSync(node) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== hashOfLock()) install();
  run();
}

/** The lock file alone decides what node_modules holds: it repeats every workspace's dependencies. */
function hashOfLock() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/**
 * `install --no-save` keeps to the lock file like `ci`, but it lives with a registry that has not every
 * platform's binaries (`ci` then calls the lock file incomplete), and it does not start from nothing.
 * npm's "postinstall" calls this file with --installed, so a plain `npm install` counts as well.
 */
function install() {
  console.error("installing dependencies (only when package-lock.json changed) ...");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const done = spawnSync(npm, ["install", "--no-save"], { cwd: root, encoding: "utf8" });
  if (done.status === 0) return;
  console.error(`${done.stdout ?? ""}${done.stderr ?? ""}${done.error?.message ?? ""}`);
  console.error(
    "npm install failed. Check the network and the registry that npm uses, then run the command again.",
  );
  process.exit(done.status ?? 1);
}

function run() {
  const [name, ...args] = process.argv.slice(2);
  const child = spawn(node, [join(root, "scripts", `${name}.ts`), ...args], {
    cwd: root,
    // The channel carries nothing: the child sees it close should this process be killed.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: {
      ...process.env,
      PATH: [join(root, "node_modules", "node", "bin"), bin, process.env.PATH].join(delimiter),
      // Offline and private: no look-up of Request.cf, no usage figures, no update checks.
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_LOG_PATH: join(root, ".wrangler", "logs"),
      TURBO_TELEMETRY_DISABLED: "1",
      TURBO_NO_UPDATE_NOTIFIER: "1",
      DO_NOT_TRACK: "1",
    },
  });
  // A terminal signals the whole group by itself; a supervisor signals only this process.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // npm killed outright cannot tell us, but we get another parent.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event)
    setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
  child.on("error", (cause) => {
    console.error(`${node} does not start: ${cause.message}. Remove node_modules and run the command again.`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
