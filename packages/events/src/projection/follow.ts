import { describe, log, type Scope } from "@weft/mesh";
import type { Envelope } from "../log/envelope.ts";
import { bindingTo } from "../log/binding.ts";
import { readPublisherLog } from "../subscription/publisher-log.ts";
import { applyEvents } from "./apply.ts";
import { positionOf } from "./position.ts";
import type { Reader } from "./reader.ts";

export interface FollowOptions {
  /** Position that is far enough; by default the log's end. */
  until?: number | undefined;
  /** Most events to read. */
  limit?: number;
  /** Longest time to spend, ms. */
  timeout?: number;
}

export interface Followed {
  /** Position after it. */
  readonly at: number;
  /** The log's end as last seen; undefined if it was not looked at. */
  readonly head: number | undefined;
  /** `reached`: `until`, or the log's end. `more`: limit or time were not enough. */
  readonly ended: "reached" | "more" | "stuck" | "unreachable";
}

const PAGE = 100;

/** Applies what the publisher's log has beyond this copy's position. Never throws; any number may run at once. */
export async function follow(
  scope: Scope,
  reader: Reader,
  { until, limit = 1_000, timeout = 5_000 }: FollowOptions = {},
): Promise<Followed> {
  const { db, place, source } = reader;
  const end = Date.now() + timeout;
  let at = 0;
  let head: number | undefined;
  try {
    at = await positionOf(db, place);
    if (until !== undefined && at >= until) return { at, head, ended: "reached" };
    const publisher = bindingTo(scope, source);
    if (!publisher) return { at, head, ended: "unreachable" };
    for (let seen = 0; seen < limit && Date.now() < end;) {
      const range = { after: at, limit: Math.min(PAGE, limit - seen) };
      const page = await readPublisherLog(scope, source, publisher, range, { timeout: end - Date.now() });
      if (page.head < at)
        throw new Error(`The log ends at ${page.head}, but ${at} was read before: was it restored?`);
      head = page.head;
      const applied = await applyEvents(reader, at, page.items);
      at = applied.ended === "changed" ? await positionOf(db, place) : applied.at;
      if (at >= Math.min(until ?? head, head)) return { at, head, ended: "reached" };
      if (applied.ended === "stuck") return { at, head, ended: "stuck" };
      seen += page.items.length;
    }
    return { at, head, ended: "more" };
  } catch (error) {
    complain(scope, reader, error);
    return { at, head, ended: "unreachable" };
  }
}

/**
 * Applies events as a queue brings them, in any order. They are no more than a hint: if they do not follow right after
 * this copy's position, the log is read as far as the newest of them. Never throws.
 */
export async function feed(scope: Scope, reader: Reader, events: readonly Envelope[]): Promise<Followed> {
  const { db, place } = reader;
  const newest = Math.max(...events.map(({ sequence }) => sequence));
  try {
    const at = await positionOf(db, place);
    const applied = await applyEvents(reader, at, following(at, events));
    if (applied.ended === "stuck") return { at: applied.at, head: undefined, ended: "stuck" };
    if (applied.at >= newest) return { at: applied.at, head: undefined, ended: "reached" };
  } catch (error) {
    complain(scope, reader, error);
    return { at: 0, head: undefined, ended: "unreachable" };
  }
  return follow(scope, reader, { until: newest });
}

/** Those of the events that come one after the other right behind `at`. */
function following(at: number, events: readonly Envelope[]): Envelope[] {
  const bySequence = new Map(events.map((event) => [event.sequence, event]));
  const run: Envelope[] = [];
  for (let next = bySequence.get(at + 1); next; next = bySequence.get(next.sequence + 1)) run.push(next);
  return run;
}

function complain(scope: Scope, { place }: Reader, error: unknown): void {
  log("warn", "projection", {
    service: scope.service,
    projection: place.projection,
    copy: place.copy,
    source: place.source,
    traceId: scope.context.trace.traceId,
    cause: describe(error),
  });
}
