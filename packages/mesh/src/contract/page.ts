import * as z from "zod";

/** Input of every list: how many, and where the last page ended. */
export const pageInput = {
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
};

/** `{ items, nextCursor }`; `nextCursor` is null on the last page. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
