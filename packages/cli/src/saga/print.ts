import { table } from "../table.ts";

/** Of what an event carries, in characters. */
const LONGEST = 160;

/** As the operators' API answers. */
export interface Row {
  id: string;
  definition: string;
  version: number;
  state: string;
  parked: boolean;
  startedAt: string;
  dueAt: string | null;
}
export interface Page {
  items: Row[];
  nextCursor: string | null;
}
export interface Needs {
  items: { definition: string; version: number; hash: string; sagas: number }[];
}
export interface Detail {
  id: string;
  definition: string;
  version: number;
  state: string;
  parked: string[];
  failure: { code: string; step: string; detail?: string } | null;
  timeline: {
    step: string;
    phase: string;
    attempt: number;
    from: string;
    to: string | null;
    outcome: string;
  }[];
  log: ({ at: string; type: string } & Record<string, unknown>)[];
}

export interface Told {
  id: string;
  step: string;
  heard: keyof typeof heard;
}

/** The index hears of waits that are longer than half a minute: a time that is over means that the saga is at work. */
export function pageText({ items, nextCursor }: Page, now: number): string {
  if (items.length === 0) return "No saga is like that.";
  const rows = items.map(({ id, definition, version, state, parked, startedAt, dueAt }) => [
    id,
    `${definition}@${version}`,
    state,
    parked ? "parked" : "",
    startedAt,
    dueAt !== null && Date.parse(dueAt) < now ? "now" : (dueAt ?? ""),
  ]);
  const more = nextCursor === null ? [] : [`More: --cursor ${nextCursor}`];
  return [table(["SAGA", "DEFINITION", "STATE", "", "STARTED", "GOES ON"], rows), ...more].join("\n");
}

export function needsText({ items }: Needs): string {
  const rows = items.map(({ definition, version, hash, sagas }) => [
    `${definition}@${version}`,
    hash.slice(0, 12),
    String(sagas),
  ]);
  return table(["DEFINITION", "HASH", "LIVE SAGAS"], rows);
}

const heard = {
  accepted: "has what it waits for",
  known: "had this signal before",
  late: "is over or has its signal: nobody hears this one",
};

export function toldText({ id, step, heard: how }: Told): string {
  return `${step} of ${id} ${heard[how]}. To see what becomes of it: weft saga show ${id}`;
}

export function detailText(saga: Detail): string {
  const { id, definition, version, state, parked, failure, timeline, log } = saga;
  const spans = timeline.map(({ step, phase, attempt, from, to, outcome }) => [
    step,
    phase,
    String(attempt),
    from,
    to === null ? "" : `${Date.parse(to) - Date.parse(from)} ms`,
    outcome,
  ]);
  const events = log.map(({ at, type, ...rest }) => [at, type, clipped(JSON.stringify(rest))]);
  return [
    `${id}  ${definition}@${version}  ${state}${parked.length > 0 ? `  parked: ${parked.join(", ")}` : ""}`,
    ...(failure ? [`went back at ${failure.step}: ${failure.code} ${failure.detail ?? ""}`.trimEnd()] : []),
    "",
    table(["STEP", "PHASE", "ATTEMPT", "BEGAN", "TOOK", "OUTCOME"], spans),
    "",
    table(["AT", "EVENT", ""], events),
  ].join("\n");
}

/** An answer can be long; `--json` has all of it. */
function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
