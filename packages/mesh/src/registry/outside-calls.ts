import { type Contracts, connect, type Mesh, bindingName } from "../bindings.ts";
import type { Transport } from "../outbound/call.ts";
import type { Plugin, Scope } from "../scope.ts";
import { httpService, type HttpServiceOptions } from "./http-service.ts";
import type { LoadSnapshot } from "./known-instances.ts";

/**
 * Gives handlers a typed client as `outside` for each service that runs outside Workers, like `mesh` for those that
 * are bound. Where they run is asked of `registry`.
 */
export function outsideCalls<const C extends Contracts>(
  contracts: C,
  registry: (scope: Scope) => LoadSnapshot,
  options: HttpServiceOptions = {},
): Plugin<{ outside: Mesh<C> }> {
  const services = Object.values(contracts).map(
    (contract) => [bindingName(contract.name), httpService(contract, options)] as const,
  );
  return {
    resources: (scope) => {
      const surroundings = { caller: scope.service, load: registry(scope), waitUntil: scope.waitUntil };
      const env = { ...(scope.env as Record<string, Transport>) };
      for (const [name, service] of services) env[name] = service.transport(surroundings);
      return { outside: connect(contracts, { ...scope, env }, scope.context) };
    },
  };
}
