import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Logged } from "../src/event.ts";
import { departure, entries, read } from "./entry.ts";
import { recipes } from "./lives.ts";

beforeEach(() => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

/** All but `halted`, which takes a log of ten thousand events. */
const eventTypes: Logged["type"][] = [
  "started",
  "intent",
  "done",
  "failed",
  "discarded",
  "parked",
  "stuck",
  "resolved",
  "waiting",
  "elapsed",
  "signalled",
  "consumed",
  "ordered",
  "compensating",
  "ended",
];

/**
 * Logs of sagas as they were written by the releases that ran them. They are never changed: such sagas are on disk, and
 * an instance on Workflows is replayed with whatever code is deployed.
 */
describe.each(entries())("the saga in %s", (_, entry) => {
  const { head, log, snapshot, timeline } = entry;

  it("is read as it was then", () => {
    const now = read(head, log);
    expect(now.snapshot).toMatchObject(snapshot);
    expect(now.timeline).toMatchObject([...timeline]);
  });

  it("is decided about as it was then", () => {
    expect(departure(entry)).toBeUndefined();
  });
});

it("has every saga that can be recorded; add with `npm run corpus`", () => {
  const files = entries().map(([file]) => file);
  expect(files).toEqual(expect.arrayContaining(Object.keys(recipes).map((name) => `${name}.json`)));
});

it("holds every kind of event and node", () => {
  const all = entries().map(([, entry]) => entry);
  const events = new Set(all.flatMap(({ log }) => log.map(({ type }) => type)));
  for (const type of eventTypes) expect(events).toContain(type);
  const kinds = new Set(JSON.stringify(all.map(({ head }) => head.plan)).match(/"kind":"\w+"/g));
  expect(kinds.size).toBe(9);
});

it("notices where one event less would have been read or decided otherwise", () => {
  const [, happy] = entries().find(([file]) => file === "happy.json") ?? [];
  if (!happy) throw new Error("the corpus has no happy.json");
  const log = happy.log.filter((event) => event.type !== "done" || event.step !== "hotel");
  expect(departure({ ...happy, log })).toMatchObject({ event: { step: "car" }, instead: { type: "wait" } });
  expect(read(happy.head, log).snapshot).not.toMatchObject(happy.snapshot);
});
