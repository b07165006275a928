/**
 * Runs a command as the leader of a process group of its own and holds that group: nothing of it outlives this
 * process, and this process does not outlive its parent, however that one ends (the channel to it closes, which
 * even SIGKILL cannot prevent). Started by `leashed` in process-group.ts with `detached: true`.
 */
import { spawn } from "node:child_process";
import process from "node:process";

const graceMs = 3_000;
const [command = "", ...args] = process.argv.slice(2);

const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (cause) => {
  console.error(`${command} does not start: ${cause.message}`);
  process.exit(127);
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 1;
  if (signal) console.error(`${command} was ended by ${signal}`);
  endGroup();
});

// An orderly end: the command gets SIGTERM and a little time, then the group is killed with whatever is left.
process.on("SIGTERM", () => {
  child.kill("SIGTERM");
  setTimeout(killGroup, graceMs);
});
// The terminal's Ctrl-C does not reach this group, and only the parent decides when to end.
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);
// The parent is gone without a word: so is everybody here.
process.on("disconnect", killGroup);

/** The command has ended: its own children may be a moment behind it, or stuck. */
function endGroup(): void {
  process.removeAllListeners("SIGTERM");
  process.on("SIGTERM", () => undefined);
  process.kill(-process.pid, "SIGTERM");
  setTimeout(() => {
    process.send?.({ exit: process.exitCode });
    setTimeout(killGroup, 20);
  }, 100);
}

function killGroup(): void {
  process.kill(-process.pid, "SIGKILL");
}
