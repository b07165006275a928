import { header } from "../context/headers.ts";
import type { Contract } from "../contract/contract.ts";
import { meshError } from "../error.ts";
import type { Transport } from "../outbound/call.ts";
import type { Instance } from "../resilience/balancer.ts";
import type { InstanceOutcome } from "../resilience/ejection.ts";
import { type Runtime, systemRuntime } from "../runtime.ts";
import { CallerToken } from "./caller-token.ts";
import { hasName } from "./has-name.ts";
import { KnownInstances, type LoadSnapshot } from "./known-instances.ts";
import type { Endpoint } from "./registration.ts";
import { repeatable } from "./repeatable.ts";

/** Instances that one call is offered to, the first one included. */
const MAX_INSTANCES = 3;

/**
 * Cloudflare's edge answers in the place of a server that it cannot reach, where the local runtime rejects: connection
 * broken (520), refused (521), timed out (522), no route (523), TLS (525, 526), no such name (530).
 */
const UNREACHABLE: ReadonlySet<number> = new Set([520, 521, 522, 523, 525, 526, 530]);

/** What a call brings along. */
export interface Surroundings {
  /** Name of the calling Worker. */
  readonly caller: string;
  readonly load: LoadSnapshot;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** How a service outside Workers is reached. Keep one per isolate: it knows the instances and how they are doing. */
export interface HttpService {
  transport(surroundings: Surroundings): Transport;
}

export interface HttpServiceOptions {
  runtime?: Pick<Runtime, "now" | "random">;
  send?: (url: string, init: RequestInit) => Promise<Response>;
}

export function httpService(
  contract: Contract,
  {
    runtime: { now, random } = systemRuntime,
    send = (url, init) => fetch(url, init),
  }: HttpServiceOptions = {},
): HttpService {
  const known = new KnownInstances(contract.name);
  const token = new CallerToken(contract.name);
  const mayRepeat = repeatable(contract);
  const { balancer } = known;

  async function initOf(request: Request, caller: string): Promise<RequestInit> {
    const headers = new Headers(request.headers);
    // Believed between Workers because the binding names the caller. Out there nothing would back it.
    headers.delete(header.principal);
    headers.set("authorization", `Bearer ${await token.for(caller, known.key ?? "", now())}`);
    // In memory, because it may have to be sent to another instance.
    const body = request.body ? await request.arrayBuffer() : undefined;
    // An instance must not send us on to an address that nobody has allowed.
    return { method: request.method, headers, body, signal: request.signal, redirect: "manual" };
  }

  /** One try; undefined if nobody was reached. */
  async function tryAt(
    instance: Instance<Endpoint>,
    path: string,
    init: RequestInit,
  ): Promise<Response | { unreachable: unknown }> {
    const started = now();
    const done = (outcome: InstanceOutcome) =>
      balancer.done(instance, outcome, now() - started, now(), random);
    let response: Response;
    try {
      response = await send(addressOf(instance.endpoint, path), init);
    } catch (error) {
      const outcome = init.signal?.aborted ? outcomeOfAbort(init.signal.reason) : "unreachable";
      done(outcome);
      if (outcome !== "unreachable") throw error;
      return { unreachable: error };
    }
    if (!UNREACHABLE.has(response.status)) {
      done(outcomeOf(response.status));
      return response;
    }
    done("unreachable");
    const unreachable = `The edge answered ${response.status}.`;
    try {
      await response.body?.cancel();
      return { unreachable };
    } catch (cause) {
      return { unreachable: new Error(unreachable, { cause }) };
    }
  }

  return {
    transport: ({ caller, load, waitUntil }) => ({
      async fetch(request) {
        const loading = known.ready(load, now(), waitUntil);
        if (loading) await loading;
        const { pathname, search } = new URL(request.url);
        const init = await initOf(request, caller);
        const tries = mayRepeat(request.method, pathname) ? MAX_INSTANCES : 1;
        let avoid: Instance<Endpoint> | undefined;
        let cause: unknown;
        for (let count = 1; count <= tries; count++) {
          const instance = balancer.pick(now(), random, avoid);
          if (!instance) throw meshError("NO_INSTANCE", `No instance of ${contract.name} is registered.`);
          const result = await tryAt(instance, `${pathname}${search}`, init);
          if (!("unreachable" in result)) {
            if (result.status !== 401) return result;
            // Ours to put right, not the client's: the key has changed.
            known.doubt(now());
            throw meshError("UNAVAILABLE", `${contract.name} did not accept the mesh's token.`);
          }
          known.doubt(now());
          cause = result.unreachable;
          avoid = instance;
          if (balancer.instances.length === 1) break;
        }
        throw meshError("UNAVAILABLE", `No instance of ${contract.name} could be reached.`, { cause });
      },
    }),
  };
}

function addressOf({ url }: Endpoint, path: string): string {
  return `${url.endsWith("/") ? url.slice(0, -1) : url}${path}`;
}

function outcomeOf(status: number): InstanceOutcome {
  if (status === 429) return "throttled";
  if (status === 503) return "overload";
  return status >= 500 || status === 401 ? "failure" : "ok";
}

/** Too slow is the instance's doing; that the caller went away says nothing about it. */
function outcomeOfAbort(reason: unknown): InstanceOutcome {
  return hasName(reason, "TimeoutError") ? "overload" : "ignored";
}
