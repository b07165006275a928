import { bindingName, type Scope, type Transport } from "@weft/mesh";
import type { EventSource } from "./publisher.ts";

/** The way to a publisher's log, if the service has a binding for it. */
export function bindingTo(
  { env }: Pick<Scope, "env">,
  { contract }: { readonly contract: EventSource },
): Transport | undefined {
  return (env as Record<string, Transport | undefined>)[bindingName(contract.name)];
}
