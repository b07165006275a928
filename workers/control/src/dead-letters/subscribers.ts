import { deadLettersOf } from "@weft/events/dead-letters";
import { type Client, connect, isMeshError, type OutputOf, type Scope } from "@weft/mesh";
import type * as z from "zod";
import type { control } from "../contract.ts";
import { type Subscriber, SUBSCRIBERS } from "./contract.ts";

export type Desk = Client<ReturnType<typeof deadLettersOf>>;
/** The way to a subscriber's dead letters. */
export type Desks = (service: Subscriber) => Desk;

type List = ReturnType<typeof deadLettersOf>["operations"]["deadLetters"];
export type Summary = OutputOf<(typeof control)["operations"]["listDeadLetters"]>["items"][number];

/** What several subscribers have said. */
export interface Gathered {
  readonly items: Summary[];
  readonly total: number;
  /** Those that did not answer. */
  readonly degraded: Subscriber[];
}

const contracts = Object.fromEntries(SUBSCRIBERS.map((name) => [name, deadLettersOf(name)]));

/** The subscribers, on behalf of the call at hand. */
export function desksOf(scope: Scope): Desks {
  const desks = connect(contracts, scope, scope.context);
  return (service) => desks[service] as Desk;
}

/** Asks one subscriber or all of them. Throws what is the asker's own fault, such as a wrong cursor. */
export async function gather(
  desks: Desks,
  service: Subscriber | undefined,
  query: z.input<List["input"]>,
): Promise<Gathered> {
  const asked = service === undefined ? SUBSCRIBERS : [service];
  const answers = await Promise.all(
    asked.map(async (name) => ({ name, page: await pageOrNothing(desks(name), query) })),
  );
  return {
    items: answers.flatMap(({ name, page }) => page?.items.map((item) => ({ ...item, service: name })) ?? []),
    total: answers.reduce((sum, { page }) => sum + (page?.total ?? 0), 0),
    degraded: answers.filter(({ page }) => page === undefined).map(({ name }) => name),
  };
}

async function pageOrNothing(desk: Desk, query: z.input<List["input"]>): Promise<OutputOf<List> | undefined> {
  try {
    return await desk.deadLetters(query);
  } catch (error) {
    if (isOutage(error)) return undefined;
    throw error;
  }
}

/** Nothing is wrong with the request: the subscriber cannot answer it now. */
export function isOutage(error: unknown): boolean {
  return !isMeshError(error) || error.status >= 500;
}
