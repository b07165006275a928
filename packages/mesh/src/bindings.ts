import type { Client } from "./client.ts";
import { client } from "./client.ts";
import type { Contract } from "./contract/contract.ts";
import type { Host, OutboundNext, Transport } from "./outbound/call.ts";
import type { Plugin } from "./scope.ts";

/** Gives handlers the Worker's bindings as `env`, typed. */
export function bindings<Env>(): Plugin<{ env: Env }> {
  return { resources: (scope) => ({ env: scope.env as Env }) };
}

export type Contracts = Record<string, Contract>;
export type Mesh<C extends Contracts> = { readonly [K in keyof C]: Client<C[K]> };

/** The name of the service binding that leads to a service: `inventory` → `INVENTORY`. */
export function bindingName(service: string): string {
  return service.toUpperCase().replaceAll("-", "_");
}

/** Gives handlers a typed client per service as `mesh`, acting for the call at hand. The binding is named after the service. */
export function calls<const C extends Contracts>(contracts: C): Plugin<{ mesh: Mesh<C> }> {
  return {
    resources: (scope) => ({ mesh: connect(contracts, scope, scope.context) }),
  };
}

export function connect<const C extends Contracts>(
  contracts: C,
  host: Host,
  context: Parameters<typeof client>[2],
  next?: OutboundNext,
): Mesh<C> {
  const services = host.env as Record<string, Transport>;
  const mesh: Partial<Record<string, unknown>> = {};
  for (const [name, contract] of Object.entries(contracts)) {
    // Built on first use: most handlers call one or two of their service's neighbours.
    Object.defineProperty(mesh, name, {
      configurable: true,
      get() {
        const transport = services[bindingName(contract.name)];
        if (!transport)
          throw new TypeError(`No service binding ${bindingName(contract.name)}: add it to wrangler.toml.`);
        const made = client(contract, transport, context, next, host);
        Object.defineProperty(mesh, name, { value: made });
        return made;
      },
    });
  }
  return mesh as Mesh<C>;
}
