import type { Envelope } from "../log/envelope.ts";
import type { deadLetters } from "./schema.ts";

export type LetterRow = typeof deadLetters.$inferSelect;

/** A message that could not be applied. Its source and id together tell it from all others. */
export type Letter = Pick<LetterRow, "source" | "messageId" | "type" | "subject" | "sequence" | "body">;

export function letterOf(event: Envelope): Letter {
  const { source, id, type, subject, sequence } = event;
  return { source, messageId: id, type, subject, sequence, body: event };
}

/** Where the letters of this service's own tasks come from. */
export const TASKS = "/tasks";

/** A message that is no event. A queue may number it anew on its way, so what it says is what it is known by. */
export async function strayLetter(queue: string, message: unknown): Promise<Letter> {
  const body = asJson(message);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const messageId = Array.from(digest.slice(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { source: queue, messageId, type: null, subject: null, sequence: null, body };
}

/** Queues carry more than JSON; what has no JSON form is kept as text. */
function asJson(message: unknown): unknown {
  try {
    const text = JSON.stringify(message) as string | undefined;
    return text === undefined ? String(message) : JSON.parse(text);
  } catch {
    return String(message);
  }
}
