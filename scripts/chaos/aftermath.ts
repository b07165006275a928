import { setTimeout as sleep } from "node:timers/promises";
import type { ShopClient } from "@weft/testkit/shop-client";
import { type Books, readBooks } from "./books.ts";
import { violations } from "./violations.ts";

export interface Aftermath {
  books: Books;
  /** Empty if nothing is missing, doubled or late. */
  problems: string[];
}

export interface AftermathOptions {
  /** The shop's state folder. */
  state: string;
  operator: ShopClient;
  /** Longest wait, ms. */
  patience: number;
}

/** What the services have made of the events: as soon as nothing is amiss, or else when the time is over. */
export async function aftermathOf({ state, operator, patience }: AftermathOptions): Promise<Aftermath> {
  for (const deadline = Date.now() + patience; ; await sleep(500)) {
    const books = readBooks(state);
    const problems = [...violations(books), ...(await backlog(operator))];
    if (problems.length === 0 || Date.now() > deadline) return { books, problems };
  }
}

interface Projection {
  name: string;
  sources: { source: string; lag: number | null }[];
}

/** Events that a projection has not applied yet, or that nobody could apply. */
async function backlog(operator: ShopClient): Promise<string[]> {
  const { status, body } = await operator.get("/_weft/projections");
  if (status !== 200) return [`the projections answer ${status}`];
  const lags = (body.items as Projection[]).flatMap(({ name, sources }) =>
    sources.flatMap(({ source, lag }) =>
      lag === 0 ? [] : [`${name}: ${lag ?? "nobody knows how many"} events of ${source} behind`],
    ),
  );
  const letters = await Promise.all(["dead", "failing"].map((kind) => lettersOf(operator, kind)));
  return [...lags, ...letters.flat()];
}

async function lettersOf(operator: ShopClient, kind: string): Promise<string[]> {
  const { status, body } = await operator.get(`/_weft/dead-letters?status=${kind}`);
  if (status === 200 && body.total === 0 && body.degraded.length === 0) return [];
  return [`${kind} letters: ${status} ${JSON.stringify(body)}`];
}

export function describeBooks({ orders, shipments, mails, listed }: Books): string {
  const stopped = shipments.filter(({ status }) => status === "cancelled").length;
  return `${orders.length} orders, ${listed.length} listed, ${shipments.length} parcels (${stopped} stopped), ${mails.length} mails`;
}
