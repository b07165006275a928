import { type CallOptions, invoke, type Scope, type Transport } from "@weft/mesh";
import { eventLogOf, LogPage, type LogRange } from "../log/read-log.ts";
import type { Subscription } from "./subscription.ts";

/** A page of a publisher's log. Throws if it cannot be reached, or lets nobody in. */
export async function readPublisherLog(
  scope: Scope,
  { contract }: Pick<Subscription, "contract">,
  publisher: Transport,
  range: LogRange,
  options: CallOptions = {},
): Promise<LogPage> {
  const operation = eventLogOf(contract.name);
  const answer = await invoke(operation, range, publisher, scope.context, options, undefined, scope);
  return LogPage.parse(answer.body);
}
