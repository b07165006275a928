import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../../../scripts/lib/project.ts";

const SCRIPT = join(root, "workers/shipping/rates/quote_server.py");

/** Whether the polyglot service can run on this machine. */
export const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** A running instance of the shipping-rate service. */
export class QuoteServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Resolves when it listens; it registers by itself. */
  static async start(
    gateway: string,
    token: string,
    { id, ttl = 30 }: { id: string; ttl?: number },
  ): Promise<QuoteServer> {
    const args = [SCRIPT, "--gateway", gateway, "--id", id, "--ttl", String(ttl)];
    const child = spawn("python3", args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, REGISTRY_TOKEN: token, PYTHONDONTWRITEBYTECODE: "1" },
    });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return new QuoteServer(child, line.replace("listening on ", ""));
  }

  /** Quotes that it has given. */
  async quotes(): Promise<number> {
    const answer = await fetch(`${this.url}/health`);
    return ((await answer.json()) as { quotes: number }).quotes;
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(signal);
    await gone;
  }
}

/** Calls that the mesh has sent out to instances, and how many of them were retries. */
export interface Outgoing {
  calls: number;
  retries: number;
}

/**
 * Stands in for Cloudflare's edge: a Worker's request to a server that cannot be reached is answered with 521. The
 * test harness sends requests out through this process's `fetch`, and would answer 500. Undo it with `restore`.
 */
export function atTheEdge(): Outgoing & { restore(): void } {
  const real = globalThis.fetch;
  const seen = { calls: 0, retries: 0, restore: () => void (globalThis.fetch = real) };
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (request.url.endsWith("/internal/quotes")) {
      seen.calls++;
      if (request.headers.has("weft-retrying")) seen.retries++;
    }
    try {
      return await real(request);
    } catch {
      return new Response("error code: 521", { status: 521 });
    }
  };
  return seen;
}
