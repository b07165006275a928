import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Failure } from "./failure.ts";

/**
 * Keeps two runs from writing to one state folder. The lock is SQLite's lock on a file, so the operating system
 * drops it however the process ends; a file with a process id in it would go stale.
 */
export function lockState(folder: string): void {
  mkdirSync(folder, { recursive: true });
  lock = new DatabaseSync(join(folder, "lock.sqlite"));
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch {
    throw new Failure(
      `The state folder ${folder} is in use by another run.`,
      "Stop that one, or give this one a folder of its own: WEFT_STATE=.wrangler/other PORT=8788 npm start",
    );
  }
}

/** Held for the life of the process; a collected database would drop its lock. */
let lock: DatabaseSync | undefined;
