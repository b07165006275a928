import { type Handlers, MeshError, meshError, type Principal } from "@weft/mesh";
import {
  callKey,
  issueRegistrationToken,
  type InstanceName,
  type Lease,
  refuseAddress,
  renewAfter,
  snapshotOf,
} from "@weft/mesh/registry";
import type { control } from "../contract.ts";
import type { registryOperations } from "./contract.ts";
import type { ServiceRegistry } from "./service-registry.ts";

export interface RegistryEnv {
  REGISTRY: DurableObjectNamespace<ServiceRegistry>;
  /** Hosts that instances may run on; see refuseAddress. */
  REGISTRY_HOSTS: string;
  /** Registration tokens and the keys of calls are made of it. */
  REGISTRY_TOKEN: string;
}

type RegistryHandlers = Pick<Handlers<typeof control, { env: RegistryEnv }>, keyof typeof registryOperations>;

const isoTime = (ms: number) => new Date(ms).toISOString();

export const registryHandlers: RegistryHandlers = {
  async register({ input, env, context }) {
    authorize(context.principal, input);
    const refusal = refuseAddress(input.url, env.REGISTRY_HOSTS);
    if (refusal)
      throw new MeshError("ADDRESS_NOT_ALLOWED", {
        status: 400,
        title: "This address may not register",
        detail: refusal,
      });
    if (!(await registryOf(env).register(input)))
      throw new MeshError("REGISTRY_FULL", { status: 409, title: "The registry takes no more instances" });
    return leaseOf(input, input.ttl, env);
  },

  async renew({ input, env, context }) {
    authorize(context.principal, input);
    const ttl = await registryOf(env).renew(input);
    if (ttl === undefined)
      throw new MeshError("NOT_REGISTERED", {
        status: 404,
        title: "This instance is not registered",
        detail: "Its lease has run out, or it never registered: register again.",
      });
    return leaseOf(input, ttl, env);
  },

  async deregister({ input, env, context }) {
    authorize(context.principal, input);
    await registryOf(env).deregister(input);
    return undefined;
  },

  async issueRegistrationToken({ input: { service, lifetime }, env }) {
    const { token, expiresAt } = await issueRegistrationToken(
      env.REGISTRY_TOKEN,
      service,
      lifetime,
      Date.now(),
    );
    return { token, expiresAt: isoTime(expiresAt) };
  },

  async listInstances({ env }) {
    const records = await registryOf(env).list();
    return {
      items: records.map((record) => ({
        ...record,
        registeredAt: isoTime(record.registeredAt),
        expiresAt: isoTime(record.expiresAt),
        checkedAt: isoTime(record.checkedAt),
      })),
    };
  },

  async findInstances({ input: { service, version }, env }) {
    const [endpoints, key] = await Promise.all([
      registryOf(env).endpoints(service),
      callKey(env.REGISTRY_TOKEN, service),
    ]);
    return snapshotOf(endpoints, key, version);
  },
};

/** The services that have an instance outside Workers. */
export async function outsideServices(env: RegistryEnv): Promise<string[]> {
  return [...new Set((await registryOf(env).list()).map(({ service }) => service))];
}

function registryOf(env: RegistryEnv): DurableObjectStub<ServiceRegistry> {
  return env.REGISTRY.getByName("all");
}

/** The gateway has verified the token; here it must be one for this service, or the operator's own for all of them. */
function authorize(principal: Principal | undefined, { service }: InstanceName): void {
  const scopes = principal?.scopes ?? [];
  if (!scopes.includes("registry:*") && !scopes.includes(`registry:${service}`))
    throw meshError("FORBIDDEN", `This token does not register instances of ${service}.`);
}

async function leaseOf({ service, id }: InstanceName, ttl: number, env: RegistryEnv): Promise<Lease> {
  return { service, id, ttl, renewAfter: renewAfter(ttl), key: await callKey(env.REGISTRY_TOKEN, service) };
}
