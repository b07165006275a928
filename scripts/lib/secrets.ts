import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * The secrets that the Workers' configs require (`[secrets] required`), by name. One that the environment sets
 * wins; the others are made once and kept in `file`, readable by its owner only. wrangler takes them from its
 * own environment and gives each Worker only the ones that its config names, so no value is written into the
 * source tree, printed, or visible in a list of processes.
 */
export function secrets(names: string[], file: string, env = process.env): Record<string, string> {
  const kept: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const missing = names.filter((name) => env[name] === undefined && kept[name] === undefined);
  for (const name of missing) kept[name] = randomSecret(name);
  if (missing.length > 0) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  }
  return Object.fromEntries(names.map((name) => [name, env[name] ?? kept[name] ?? ""]));
}

/** 32 random bytes: base64 for keys, the URL-safe kind for tokens, which people paste into headers. */
export function randomSecret(name: string): string {
  return randomBytes(32).toString(name.endsWith("_TOKEN") ? "base64url" : "base64");
}
