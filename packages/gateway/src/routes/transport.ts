import { bindingName, type Transport } from "@weft/mesh";

/** A Worker's service binding to a service. */
export function transportTo(service: string, env: unknown): Transport {
  const transport = (env as Record<string, Transport>)[bindingName(service)];
  if (!transport) throw new TypeError(`No service binding ${bindingName(service)}: add it to wrangler.toml.`);
  return transport;
}
