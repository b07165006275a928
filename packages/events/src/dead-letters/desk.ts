import { fieldErrors, describe, meshError, MeshError } from "@weft/mesh";
import { and, eq } from "drizzle-orm";
import type * as z from "zod";
import type { AnyDatabase, Statement } from "../database/unit-of-work.ts";
import { Envelope } from "../log/envelope.ts";
import { findLetter, type DeadLetter, shown } from "./list.ts";
import type { LetterRow } from "./letter.ts";
import { isOutage } from "./outage.ts";
import { NEVER, recordFailure, settle } from "./record.ts";
import { deadLetters } from "./schema.ts";

/** What messages of one kind look like. */
export interface Kind<M = unknown> {
  /** As operators call it. */
  readonly name: string;
  readonly schema: z.ZodType<M>;
  /** What tells which message it is. */
  readonly identity: readonly string[];
}

/** What a service does with letters of one kind that an operator has decided on. */
export interface Appliance<M = unknown> {
  readonly kind: Kind<M>;
  /** Why messages cannot be edited, where they cannot. */
  readonly fixed?: string;
  /** Applies the message, once in all, and settles the letter in the same batch. Throws why it could not be applied. */
  apply(message: M, settled: Statement, letter: LetterRow): Promise<void>;
  /** Passes the message over for good, and settles the letter in the same batch. */
  pass(message: M, settled: Statement): Promise<void>;
}

export const EVENT: Kind<Envelope> = {
  name: "an event (CloudEvents 1.0)",
  schema: Envelope,
  identity: ["source", "id", "subject", "sequence", "subjectsequence"],
};

/** Replaces the message. It stays the one that it is, or it could take effect twice. */
export async function edit(
  db: AnyDatabase,
  letter: LetterRow,
  body: unknown,
  { kind, fixed }: Appliance,
): Promise<DeadLetter> {
  refuseSettled(letter);
  if (fixed !== undefined) throw meshError("VALIDATION_FAILED", fixed);
  const parsed = kind.schema.safeParse(body);
  if (!parsed.success)
    throw meshError("VALIDATION_FAILED", `The message must be ${kind.name}.`, {
      errors: fieldErrors(parsed.error).map((each) => ({ ...each, pointer: `/body${each.pointer}` })),
    });
  const changed = changedIdentity(kind, letter.body, parsed.data);
  if (changed !== undefined)
    throw meshError("VALIDATION_FAILED", `The message's ${changed} tells which one it is.`, {
      errors: [{ pointer: `/body/${changed}`, message: "Must stay as it is" }],
    });
  const { type = letter.type } = parsed.data as { type?: string };
  await db
    .update(deadLetters)
    .set({ body, type })
    .where(and(eq(deadLetters.id, letter.id), eq(deadLetters.status, letter.status)));
  return shown(await findLetter(db, letter.id));
}

/** Tries once more. A failure is noted in the letter's history, and the letter stays dead. */
export async function replay(
  db: AnyDatabase,
  letter: LetterRow,
  appliance: Appliance,
  now: number,
): Promise<DeadLetter> {
  if (letter.status === "replayed") return shown(letter);
  refuseSettled(letter);
  try {
    const message = appliance.kind.schema.parse(letter.body);
    await appliance.apply(message, settle(db, letter.id, "replayed", now), letter);
  } catch (error) {
    const failure = { at: now, via: "replay", error: describe(error), outage: isOutage(error) } as const;
    await db.batch([recordFailure(db, letter, failure, NEVER)]);
  }
  return shown(await findLetter(db, letter.id));
}

/** Gives the message up. It counts as dealt with, so nothing brings it back. */
export async function discard(
  db: AnyDatabase,
  letter: LetterRow,
  reason: string,
  appliance: Appliance,
  now: number,
): Promise<DeadLetter> {
  if (letter.status === "discarded") return shown(letter);
  refuseSettled(letter);
  const settled = settle(db, letter.id, "discarded", now, reason);
  const message = appliance.kind.schema.safeParse(letter.body);
  if (message.success) await appliance.pass(message.data, settled);
  else await db.batch([settled] as never);
  return shown(await findLetter(db, letter.id));
}

function refuseSettled({ status }: Pick<LetterRow, "status">): void {
  if (status === "failing" || status === "dead") return;
  throw new MeshError("DEAD_LETTER_SETTLED", {
    status: 409,
    title: "This dead letter is settled",
    detail: `It was ${status}: there is nothing left to do with it.`,
  });
}

/** A message that was nothing of its kind may become any. */
function changedIdentity({ schema, identity }: Kind, before: unknown, after: unknown): string | undefined {
  const { success, data } = schema.safeParse(before);
  const [was, is] = [data, after] as Record<string, unknown>[];
  return success ? identity.find((name) => is?.[name] !== was?.[name]) : undefined;
}
