import { command, pageInput, pageOf, query } from "@weft/mesh";
import { DeadLetter, DeadLetterSummary, letterFilter, reason } from "@weft/events/dead-letters";
import * as z from "zod";

/** The services that react to events of others. */
export const SUBSCRIBERS = [
  "catalog",
  "checkout",
  "inventory",
  "notifications",
  "orders",
  "payments",
  "shipping",
  "views",
] as const;
export type Subscriber = (typeof SUBSCRIBERS)[number];

const Service = z.enum(SUBSCRIBERS);
const One = z.object({ service: Service, id: z.string() });
const withService = { service: Service.describe("The subscriber") };
const degraded = z.array(Service).describe("Subscribers that did not answer: what they have is missing here");

/** What one call of a bulk operation may do at most; the rest is for the next call. */
export const BULK_LETTERS = 100;
/** How long one call of a bulk operation goes on at most, ms. */
export const BULK_TIME = 15_000;

const bulkInput = {
  service: Service.optional(),
  status: z.enum(["dead", "failing"]).default("dead"),
  type: letterFilter.type,
  source: letterFilter.source,
  rate: z.number().min(0.1).max(100).default(10).describe("Letters per second"),
  dryRun: z.boolean().default(false).describe("Only tell what would be done"),
  before: z.iso
    .datetime()
    .optional()
    .describe("Only letters that have not failed since; hand in what the call before answered"),
};
const Bulk = z.object({
  matched: z.int().describe("Letters that were meant when the call began"),
  settled: z.int(),
  failed: z.int().describe("Those that stay as they are"),
  left: z.int().describe("Letters for the next call"),
  before: z.iso.datetime(),
  items: z.array(DeadLetterSummary.extend(withService)).describe("Those that this call was about"),
  failures: z
    .array(z.object({ ...withService, id: z.string(), reason: z.string() }))
    .max(BULK_LETTERS)
    .describe("Why each of `failed` is not settled"),
  degraded,
});

const errors = { DEAD_LETTER_NOT_FOUND: 404, DEAD_LETTER_SETTLED: 409 };
const operators = { auth: "operator", allow: ["gateway"] } as const;
const change = { ...operators, idempotent: true, timeout: 12_000 };
const bulk = { ...operators, idempotent: true, output: Bulk, timeout: 2 * BULK_TIME };
const Letter = DeadLetter.extend(withService);

/** What could not be applied, over all subscribers. */
export const deadLetterOperations = {
  listDeadLetters: query("GET /internal/dead-letters", {
    summary: "What subscribers could not apply, the newest failure first",
    input: z.object({ ...pageInput, ...letterFilter, service: Service.optional() }),
    output: pageOf(DeadLetterSummary.extend(withService)).extend({ total: z.int(), degraded }),
    ...operators,
  }),
  getDeadLetter: query("GET /internal/dead-letters/:service/:id", {
    summary: "One dead letter, with the message and the history of its failures",
    input: One,
    output: Letter,
    errors: { DEAD_LETTER_NOT_FOUND: 404 },
    ...operators,
  }),
  editDeadLetter: command("PUT /internal/dead-letters/:service/:id", {
    summary: "Replaces the message, for the next replay",
    input: One.extend({ body: z.unknown() }),
    output: Letter,
    errors,
    ...change,
  }),
  replayDeadLetter: command("POST /internal/dead-letters/:service/:id/replay", {
    summary: "Tries once more; `status` tells whether it is applied now",
    input: One,
    output: Letter,
    errors,
    ...change,
  }),
  discardDeadLetter: command("POST /internal/dead-letters/:service/:id/discard", {
    summary: "Gives the message up for good",
    input: One.extend({ reason }),
    output: Letter,
    errors,
    ...change,
  }),
  replayDeadLetters: command("POST /internal/dead-letters/replay", {
    summary: "Replays many, so many per second; call again with the answer's `before` until none is left",
    input: z.object(bulkInput),
    ...bulk,
  }),
  discardDeadLetters: command("POST /internal/dead-letters/discard", {
    summary: "Discards many; call again with the answer's `before` until none is left",
    input: z.object({ ...bulkInput, reason }),
    ...bulk,
  }),
};
