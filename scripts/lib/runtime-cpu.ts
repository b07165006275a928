import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** Kernel clock ticks per second, as /proc counts (USER_HZ is 100 on every Linux that Node runs on). */
const TICKS = 100;

interface Stat {
  pid: number;
  command: string;
  parent: number;
  ticks: number;
}

function stat(pid: number): Stat | undefined {
  try {
    const [, command = "", rest = ""] =
      readFileSync(`/proc/${pid}/stat`, "utf8").match(/\((.*)\) (.*)/) ?? [];
    const fields = rest.split(" ");
    return { pid, command, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined; // It has just ended.
  }
}

/** The workerd processes that this process has started (a harness has two: a proxy and the Workers'). Linux only. */
export function runtimes(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter((found) => found?.parent === process.pid && found.command === "workerd")
    .map((found) => found?.pid ?? 0)
    .toSorted((a, b) => a - b);
}

/** CPU time that processes have used so far, ms. */
export function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ((stat(pid)?.ticks ?? 0) * 1000) / TICKS, 0);
}
