import { describe, type Scope } from "@weft/mesh";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import type { LetterRow } from "../dead-letters/letter.ts";
import { settle } from "../dead-letters/record.ts";
import { type Envelope, sourceOf } from "../log/envelope.ts";
import type { Projection } from "./definition.ts";
import { isSettledSince, letterPrefix, lettersOfSubject } from "./failures.ts";
import { plansOf, wholeEvents } from "./plan.ts";
import { abortIf, isOvertaken, move } from "./position.ts";
import { liveReader, type Reader } from "./reader.ts";

/** Letters that one replay settles at most, with those before it: their statements have to fit into one invocation. */
const MAX_LETTERS = 50;

/**
 * Applies a dead event to what is read, after those of its subject that died before it. Throws why it could not be
 * applied, or what is to be done instead where its place in the order is gone.
 */
export async function replay(
  scope: Scope,
  db: AnyDatabase,
  all: readonly Projection[],
  letter: LetterRow,
  settled: Statement,
): Promise<void> {
  const reader = readerOf(scope, db, all, letter);
  const { order = "log", name } = reader.projection;
  if (letter.status === "dead" && order === "log")
    throw new Error(
      `The projection "${name}" depends on the order of the whole log, and has gone on without this event. When the ` +
        `fix is deployed, rebuild it, which settles this letter: POST /_weft/projections/${scope.service}/${name}/rebuild. ` +
        `Or discard the letter: weft dlq discard ${scope.service}/${letter.id} --reason "..."`,
    );
  const { place } = reader;
  const upTo = letter.sequence ?? 0;
  for (const each of await lettersOfSubject(db, place, letter.subject, upTo, MAX_LETTERS)) {
    if (each.id === letter.id) return apply(reader, each, settled);
    try {
      await apply(reader, each, settle(db, each.id, "replayed", Date.now()));
    } catch (error) {
      const { id, type, sequence } = each;
      const earlier = `${type} (${sequence} in the log), letter ${scope.service}/${id}`;
      throw new Error(`It comes after ${earlier}, which cannot be applied: ${describe(error)}`, {
        cause: error,
      });
    }
  }
  throw new Error("Earlier events of its subject have been applied, and there are more: replay it again.");
}

function readerOf(
  scope: Scope,
  db: AnyDatabase,
  all: readonly Projection[],
  { messageId, source: origin }: LetterRow,
): Reader {
  for (const projection of all) {
    const source = projection.from.find(({ contract }) => sourceOf(contract.name) === origin);
    if (!source) continue;
    const of = (copy: "live" | "shadow") =>
      messageId.startsWith(letterPrefix({ projection: projection.name, copy }));
    if (of("live")) return liveReader(scope, db, projection, source);
    if (of("shadow"))
      throw new Error(
        `The rebuild of "${projection.name}" failed on it: once that has ended, the letter is the projection's own.`,
      );
  }
  throw new Error("No projection of this service follows a log that has this message: discard it.");
}

/** One that is still tried has its place in the log before it, one that is dead behind it. */
async function apply(reader: Reader, letter: LetterRow, settled: Statement): Promise<void> {
  const { db, place } = reader;
  const event = letter.body as Envelope;
  const whole = await wholeEvents(reader, [event]);
  const [plan] = plansOf(reader, whole, { open: [], discarded: new Set() });
  if (!plan) return;
  if (plan.error !== undefined) throw new Error(describe(plan.error), { cause: plan.error });
  const moves = letter.status === "failing" ? move(db, place, event.sequence - 1, event.sequence) : [];
  try {
    await db.batch([abortIf(db, isSettledSince(letter)), ...moves, ...plan.statements, settled]);
  } catch (error) {
    if (isOvertaken(error))
      throw new Error("Somebody else has tried or settled it at this moment.", { cause: error });
    throw error;
  }
}
