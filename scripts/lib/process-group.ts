import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

export interface ProcessGroup {
  /** The exit code, once the command and everything that it started are gone. */
  ended: Promise<number>;
  /** Ends the command in an orderly way, and then everything that is left of its group. */
  stop(): Promise<number>;
}

const leash = join(import.meta.dirname, "leash.ts");

/** Starts a command in a process group that cannot outlive this process (see leash.ts). */
export function startGroup(
  command: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; onLine(line: string): void },
): ProcessGroup {
  const child = spawn(process.execPath, [leash, ...command], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", (line) => options.onLine(line));
  }
  let exitCode = 1;
  child.on("message", (message: { exit: number }) => (exitCode = message.exit));
  // The leash kills its group, itself included, before it ends; unless somebody killed just the leash.
  child.on("exit", () => killGroup(child.pid));
  const ended = new Promise<number>((resolve) => child.on("close", () => resolve(exitCode)));
  return {
    ended,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}
