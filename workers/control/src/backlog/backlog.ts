import { backlogOf } from "@weft/events/backlog";
import { type Client, connect, type OutputOf, type Scope } from "@weft/mesh";
import type { control } from "../contract.ts";
import { isOutage } from "../dead-letters/subscribers.ts";
import { KEEPERS } from "./contract.ts";

export type Backlogs = OutputOf<(typeof control)["operations"]["backlog"]>;
type Keeper = Client<ReturnType<typeof backlogOf>>;

const contracts = Object.fromEntries(KEEPERS.map((name) => [name, backlogOf(name)]));

/** Asks all services; one that is down is named, and the rest is shown. */
export async function backlogs(scope: Scope): Promise<Backlogs> {
  const keepers = connect(contracts, scope, scope.context) as Record<string, Keeper>;
  const answers = await Promise.all(
    KEEPERS.map(async (service) => ({ service, found: await backlogOrNothing(keepers[service] as Keeper) })),
  );
  return {
    items: answers.flatMap(({ service, found }) => (found ? [{ ...found, service }] : [])),
    degraded: answers.filter(({ found }) => !found).map(({ service }) => service),
  };
}

async function backlogOrNothing(keeper: Keeper) {
  try {
    return await keeper.backlog({});
  } catch (error) {
    if (isOutage(error)) return undefined;
    throw error;
  }
}
