import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../../scripts/lib/project.ts";

const BASE = "http://127.0.0.1:8787";

/** Whether the commands of guides can run on this machine. */
export const canRun = ["bash", "curl"].every((tool) => spawnSync(tool, ["--version"]).status === 0);

/** A code block: commands to run, each with what it prints (`console`), or one to leave running (`sh`). */
export interface Block {
  kind: "console" | "sh";
  text: string;
}

export function blocks(file: string): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/```(console|sh)\n([\s\S]*?)```/g)].map(([, kind, body]) => ({
    kind: kind as Block["kind"],
    text: (body ?? "").trim(),
  }));
}

export interface Step {
  command: string;
  output: string;
}

export function steps({ text }: Block): Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((lines) => {
      const [command = "", ...output] = lines.trimEnd().split("\n");
      return { command, output: output.join("\n") };
    });
}

/** One reader's terminal: what a command assigns is there in the next one. */
export class Terminal {
  readonly #base: string;
  readonly #env: Record<string, string>;
  #assigned = "";

  constructor(base: string, env: Record<string, string> = {}) {
    this.#base = base;
    this.#env = env;
  }

  /** The command as a script with everything assigned so far. */
  script(command: string): string {
    return `${this.#assigned}${command}`.replaceAll(BASE, this.#base);
  }

  /** What the command prints; undefined if it assigns a variable. */
  async run(command: string): Promise<string | undefined> {
    const name = /^([A-Z_]+)=/.exec(command)?.[1];
    const script = this.script(name ? `${command}; declare -p ${name}` : command);
    const env = { ...process.env, ...this.#env };
    const { stdout } = await promisify(execFile)("bash", ["-c", script], { cwd: root, env });
    if (!name) return stdout.trim();
    this.#assigned += `${stdout}\n`;
    return undefined;
  }
}
