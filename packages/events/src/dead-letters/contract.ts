import { command, contract, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";

export const LetterStatus = z
  .enum(["failing", "dead", "replayed", "discarded"])
  .describe("`failing`: still tried. `dead`: waits for an operator. The others are settled");
const time = z.iso.datetime();

/** A dead letter as lists show it. */
export const DeadLetterSummary = z.object({
  id: z.string(),
  source: z.string().describe("The publisher, or the queue if the message is no event"),
  messageId: z.string(),
  type: z.string().nullable(),
  subject: z.string().nullable(),
  sequence: z.int().nullable().describe("Position in the publisher's log"),
  status: LetterStatus,
  attempts: z.int(),
  error: z.string().describe("The newest one"),
  reason: z.string().nullable().describe("Why it was discarded"),
  firstFailedAt: time,
  lastFailedAt: time,
  settledAt: time.nullable(),
});

export const DeadLetter = DeadLetterSummary.extend({
  body: z.unknown().describe("The message as it came, or as an operator has edited it"),
  failures: z
    .array(z.object({ at: time, via: z.enum(["queue", "log", "task", "replay"]), error: z.string() }))
    .describe("The newest failures, oldest first"),
});

/** Which letters are meant; without any of these all of them. */
export const letterFilter = {
  status: LetterStatus.optional(),
  type: z.string().min(1).optional(),
  source: z.string().min(1).optional(),
};

/** Why letters are not replayed, belongs beside the letter. */
export const reason = z.string().trim().min(1).max(500);

const Id = z.object({ id: z.string() });
const NOT_FOUND = { DEAD_LETTER_NOT_FOUND: 404 };
const errors = { ...NOT_FOUND, DEAD_LETTER_SETTLED: 409 };
const allow = ["control"];

/** More than one page of the operators' list, since control has to see whether there is another. */
const MOST = 200;

/** The operations by which control looks after a subscriber's dead letters. */
export function deadLettersOf(service: string) {
  return contract(service, {
    deadLetters: query("GET /internal/dead-letters", {
      summary: "What this service could not apply, the newest failure first",
      input: z.object({
        ...pageInput,
        limit: z.int().min(1).max(MOST).default(20),
        ...letterFilter,
        before: time.optional().describe("Only letters that have not failed since"),
      }),
      output: pageOf(DeadLetterSummary).extend({ total: z.int() }),
      timeout: 3_000,
      allow,
    }),
    deadLetter: query("GET /internal/dead-letters/:id", {
      summary: "One dead letter, with the message and the history of its failures",
      input: Id,
      output: DeadLetter,
      errors: NOT_FOUND,
      timeout: 3_000,
      allow,
    }),
    editDeadLetter: command("PUT /internal/dead-letters/:id", {
      summary: "Replaces the message, for the next attempt",
      input: Id.extend({ body: z.unknown() }),
      output: DeadLetter,
      errors,
      idempotent: true,
      allow,
    }),
    replayDeadLetter: command("POST /internal/dead-letters/:id/replay", {
      summary: "Tries once more; what was replayed before stays as it is",
      input: Id,
      output: DeadLetter,
      errors,
      timeout: 10_000,
      idempotent: true,
      allow,
    }),
    discardDeadLetter: command("POST /internal/dead-letters/:id/discard", {
      summary: "Gives the message up for good",
      input: Id.extend({ reason }),
      output: DeadLetter,
      errors,
      timeout: 10_000,
      idempotent: true,
      allow,
    }),
  });
}
