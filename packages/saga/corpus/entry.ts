import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logged } from "../src/event.ts";
import { fold } from "../src/fold.ts";
import { type Decision, next } from "../src/interpreter.ts";
import { timelineOf } from "../src/operators/timeline.ts";
import { current } from "../src/saga-record.ts";
import { snapshotOf } from "../src/snapshot.ts";
import type { Head } from "../src/store.ts";

/** A saga as the release that ran it has left it, and what that release read in its log. */
export interface Entry extends Reading {
  readonly about: string;
  readonly head: Head;
  readonly log: readonly Logged[];
}

interface Reading {
  readonly snapshot: object;
  readonly timeline: readonly object[];
}

export const folder = join(import.meta.dirname, "logs");

export function entries(): [string, Entry][] {
  return readdirSync(folder)
    .toSorted()
    .map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8")) as Entry]);
}

/** What this code reads in a log, as plain data. */
export function read(head: Head, log: readonly Logged[]): Reading {
  const snapshot = snapshotOf(head, fold(log), log.at(-1)?.at ?? head.startedAt, undefined);
  return JSON.parse(JSON.stringify({ snapshot, timeline: timelineOf(log) })) as Reading;
}

/** The first event that this code's interpreter would not have written there; undefined if it decides as it did then. */
export function departure({ head, log }: Entry): { event: Logged; instead: Decision } | undefined {
  for (const [index, event] of log.entries()) {
    if (!isDecided(event)) continue;
    const progress = fold(log.slice(0, index));
    const { plan } = current(head, progress);
    const instead = next(plan, progress, event.at, underWay(log, index));
    if (!agree(instead, event)) return { event, instead };
  }
  return undefined;
}

const comesFromOutside: Logged["type"][] = ["started", "done", "discarded", "signalled", "ordered"];

/** The failures of attempts come from outside; that of code which was to decide something is attempt 0. */
function isDecided(event: Logged): boolean {
  if (event.type === "failed") return event.attempt === 0;
  return !comesFromOutside.includes(event.type);
}

function agree(decision: Decision, event: Logged): boolean {
  if (decision.type === "record") {
    const { at: _, ...written } = event;
    return JSON.stringify(sorted(decision.event)) === JSON.stringify(sorted(written));
  }
  if (decision.type === "resolve")
    return (event.type === "resolved" || event.type === "failed") && event.step === decision.key;
  if (decision.type !== "attempt" || event.type !== "intent") return false;
  const { key, phase, attempt } = decision;
  return event.step === key && event.phase === phase && event.attempt === attempt;
}

function sorted(event: object): unknown[] {
  return Object.entries(event).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Keys of the steps whose attempts the process that wrote this event was waiting for: those of its own epoch. */
function underWay(log: readonly Logged[], index: number): Set<string> {
  const later = log.slice(index).find((event) => event.type === "intent");
  const open = new Map<string, number>();
  for (const event of log.slice(0, index)) {
    if (event.type === "intent") open.set(event.step, event.epoch);
    if (event.type === "done" || event.type === "failed" || event.type === "discarded")
      open.delete(event.step);
  }
  const epoch = later?.epoch ?? Math.max(0, ...open.values());
  return new Set([...open].filter(([, of]) => of === epoch).map(([step]) => step));
}
