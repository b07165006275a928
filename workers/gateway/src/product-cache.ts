import { cached, forget } from "@weft/gateway";
import { log } from "@weft/mesh";
import * as z from "zod";

/** Oldest that a product's facts may be, s, where no hint came. */
const TTL = 10;

/** What the catalog says when a product has changed; nobody is harmed if it gets lost. */
const Hint = z.object({ changed: z.literal("product"), id: z.string() });

const nameOf = (id: string) => `products/${id}`;

export function cachedProduct<T>(
  id: string,
  waitUntil: (work: Promise<unknown>) => void,
  load: () => Promise<T>,
): Promise<T> {
  return cached(nameOf(id), TTL, waitUntil, load);
}

/** Takes the messages of the queue `gateway-hints`. */
export async function forgetChanged(batch: MessageBatch): Promise<void> {
  for (const { id, body } of batch.messages) {
    const { data, error } = Hint.safeParse(body);
    if (data) await forget(nameOf(data.id));
    else log("warn", "hint", { messageId: id, cause: error.message });
  }
  batch.ackAll();
}
