import { bindingName, invoke, type Scope, upcast } from "@weft/mesh";
import { bindingTo } from "./binding.ts";
import { Envelope } from "./envelope.ts";
import { loggedEventOf } from "./logged-event.ts";
import type { EventSource } from "./publisher.ts";

/**
 * An event as handlers get it: with all its data, fetched from the publisher's log if it was too large to travel, as
 * the newest version of its type. Throws what is wrong with the data, and for types that the contract does not have.
 */
export async function openEvent(scope: Scope, contract: EventSource, event: Envelope): Promise<Envelope> {
  return newestOf(contract, await wholeOf(scope, contract, event));
}

/** With all its data. Throws if the publisher cannot be asked for it. */
export async function wholeOf(scope: Scope, contract: EventSource, event: Envelope): Promise<Envelope> {
  return event.dataref === undefined ? event : claim(scope, contract, event);
}

/** As the newest version of its type. Throws what is wrong with the data, and for types that the contract does not have. */
export function newestOf(contract: EventSource, { data, dataref: _, ...event }: Envelope): Envelope {
  return { ...event, data: dataOf(contract, event.type, versionIn(event), data) };
}

/** Data that was published as the given version, as the newest. */
export function dataOf(
  { name, events }: Pick<EventSource, "name" | "events">,
  type: string,
  version: number,
  data: unknown,
): unknown {
  const schema = Object.hasOwn(events, type) ? events[type] : undefined;
  if (!schema) throw new TypeError(`"${type}" is not an event of the contract of ${name}.`);
  return upcast(schema, version, data);
}

function versionIn({ dataschema }: Pick<Envelope, "dataschema">): number {
  return dataschema ? Number(dataschema.split(":").at(-1)) : 1;
}

async function claim(scope: Scope, contract: EventSource, { id }: Envelope): Promise<Envelope> {
  const transport = bindingTo(scope, { contract });
  if (!transport)
    throw new TypeError(
      `Event ${id} is too large for a message, and there is no service binding ${bindingName(contract.name)} to fetch it by: add it to wrangler.toml.`,
    );
  const operation = loggedEventOf(contract.name);
  const answer = await invoke(operation, { id }, transport, scope.context, {}, undefined, scope);
  return Envelope.parse(answer.body);
}
