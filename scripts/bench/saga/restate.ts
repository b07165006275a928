import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { tryPort } from "../../lib/ports.ts";
import { peer } from "../../lib/peers.ts";
import { startGroup } from "../../lib/process-group.ts";
import { root } from "../../lib/project.ts";

export interface Restate {
  /** Runs one saga to its end with each POST. */
  readonly url: string;
  stop(): Promise<void>;
}

const LOCAL = "127.0.0.1";
/** The server is ready within a few seconds; a machine that cannot run it is told apart from a slow one. */
const READY_LOOKS = 60;

/**
 * The Restate server with its defaults for one node, and a service that it reaches over its fastest way, HTTP/2 with both
 * sides talking at once. Each step calls `thingsUrl`.
 */
export async function startRestate(thingsUrl: string): Promise<Restate> {
  const service = new Worker(join(import.meta.dirname, "restate-service.ts"), { workerData: thingsUrl });
  const [port] = (await once(service, "message")) as [number];
  const ports = await Promise.all([tryPort(0), tryPort(0), tryPort(0)]);
  const [ingress, admin, node] = ports.map((port) => `${LOCAL}:${port}`) as [string, string, string];
  const state = mkdtempSync(join(tmpdir(), "weft-restate-"));
  const lines: string[] = [];
  const binary = join(
    peer(`@restatedev/restate-server-${process.platform}-${process.arch}`),
    "bin",
    "restate-server",
  );
  const server = startGroup([binary], {
    cwd: root,
    env: {
      ...process.env,
      RESTATE_BASE_DIR: state,
      RESTATE_INGRESS__BIND_ADDRESS: ingress,
      RESTATE_ADMIN__BIND_ADDRESS: admin,
      RESTATE_BIND_ADDRESS: node,
      RESTATE_DISABLE_TELEMETRY: "true",
      RESTATE_LOG_FILTER: "warn",
    },
    onLine: (line) => lines.push(line),
  });
  const stop = async () => {
    await server.stop();
    await service.terminate();
    rmSync(state, { recursive: true, force: true });
  };
  try {
    await ready(`http://${ingress}/restate/health`);
    const deployed = await fetch(`http://${admin}/deployments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ uri: `http://${LOCAL}:${port}` }),
    });
    if (!deployed.ok) throw new Error(`Restate does not take the service: ${await deployed.text()}`);
  } catch (error) {
    await stop();
    throw new Error(`the Restate server does not run here\n${lines.slice(-5).join("\n")}`, { cause: error });
  }
  return { url: `http://${ingress}/bench/saga`, stop };
}

async function ready(url: string): Promise<void> {
  for (let look = 0; look < READY_LOOKS; look++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(250);
  }
  throw new Error(`${url} does not answer`);
}
