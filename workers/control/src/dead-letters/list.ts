import { type OutputOf, toPage } from "@weft/mesh";
import type * as z from "zod";
import type { control } from "../contract.ts";
import { type Desks, gather, type Summary } from "./subscribers.ts";

type List = (typeof control)["operations"]["listDeadLetters"];

/** One list of all subscribers': each sorts by the same key, so a place in one is a place in all of them. */
export async function listDeadLetters(
  desks: Desks,
  { service, limit, ...query }: z.output<List["input"]>,
): Promise<OutputOf<List>> {
  const { items, total, degraded } = await gather(desks, service, { ...query, limit: limit + 1 });
  const { rows, nextCursor } = toPage(items.toSorted(newestFirst), limit, keyOf);
  return { items: rows, nextCursor, total, degraded };
}

function keyOf({ lastFailedAt, id }: Summary): [number, string] {
  return [Date.parse(lastFailedAt), id];
}

function newestFirst(a: Summary, b: Summary): number {
  const [atA, idA] = keyOf(a);
  const [atB, idB] = keyOf(b);
  return atB - atA || (idA < idB ? 1 : -1);
}
