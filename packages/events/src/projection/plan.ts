import { toMeshError } from "@weft/mesh";
import type { Statement } from "../database/unit-of-work.ts";
import type { Envelope } from "../log/envelope.ts";
import { newestOf, wholeOf } from "../log/open-event.ts";
import { type Letter, letterPrefix, type Letters } from "./failures.ts";
import type { Reader } from "./reader.ts";

/** Statements of one batch beside the two that move the cursor; an event's own are never split. */
const MAX_STATEMENTS = 100;
/** Events in memory at once whose data was too large to travel: each has up to 1 MB, and a Worker 128. */
const MAX_LARGE = 10;

/** What is to be done about one event. */
export interface Plan {
  readonly event: Envelope;
  readonly statements: readonly Statement[];
  readonly error?: unknown;
  /** A dead event of its subject. */
  readonly behind?: Letter | undefined;
  /** It has failed before. */
  readonly letter?: Letter | undefined;
}

export function portions(events: readonly Envelope[]): Envelope[][] {
  let large = 0;
  const byPortion = Map.groupBy(events, ({ dataref }) =>
    Math.floor((dataref === undefined ? large : large++) / MAX_LARGE),
  );
  return [...byPortion.values()];
}

interface Whole {
  readonly event: Envelope;
  /** Why its data cannot be had, now or later. */
  readonly error?: unknown;
}

/** Throws while the publisher cannot be asked: that is no fault of the event. */
export function wholeEvents({ scope, source }: Reader, events: readonly Envelope[]): Promise<Whole[]> {
  return Promise.all(
    events.map(async (event): Promise<Whole> => {
      if (!Object.hasOwn(source.handlers, event.type)) return { event };
      try {
        return { event: await wholeOf(scope, source.contract, event) };
      } catch (error) {
        if (toMeshError(error).code === "NOT_FOUND") return { event, error };
        throw error;
      }
    }),
  );
}

export function plansOf(
  { projection, source, db, place }: Reader,
  events: readonly Whole[],
  { open, discarded }: Letters,
): Plan[] {
  const prefix = letterPrefix(place);
  const failed = new Map(open.map((letter) => [letter.messageId, letter]));
  const dead = new Map(
    open.filter(({ status }) => status === "dead").map((letter) => [letter.subject, letter]),
  );
  return events.map(({ event, error: missing }): Plan => {
    const letter = failed.get(`${prefix}${event.id}`);
    if (discarded.has(event.id)) return { event, statements: [], letter };
    const behind = dead.get(event.subject);
    if (behind !== undefined) return { event, statements: [], letter, behind };
    const handler = Object.hasOwn(source.handlers, event.type) ? source.handlers[event.type] : undefined;
    if (!handler) return { event, statements: [], letter };
    if (missing !== undefined) return { event, statements: [], letter, error: missing };
    try {
      const newest = newestOf(source.contract, event) as never;
      const made = handler({ event: newest, tables: projection.tables[place.copy], write: db });
      const statements = Array.isArray(made) ? (made as Statement[]) : [made as Statement];
      return { event, statements, letter };
    } catch (error) {
      return { event, statements: [], letter, error };
    }
  });
}

/** Events that fail, or have failed, stand alone. */
export function batches(plans: readonly Plan[]): Plan[][] {
  const all: Plan[][] = [];
  let current: Plan[] = [];
  let size = 0;
  const close = () => {
    if (current.length > 0) all.push(current);
    current = [];
    size = 0;
  };
  for (const plan of plans) {
    const alone = plan.error !== undefined || plan.behind !== undefined || plan.letter !== undefined;
    if (alone || size + plan.statements.length > MAX_STATEMENTS) close();
    current.push(plan);
    size += plan.statements.length;
    if (alone) close();
  }
  close();
  return all;
}
