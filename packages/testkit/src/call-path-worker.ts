import { client, type Host, rootContext, newTrace, type Transport } from "@weft/mesh";
import { shop } from "./thing-contract.ts";

interface Env {
  /** A Worker with nothing around its handler. */
  BACKEND: Transport;
  /** The same as a service of the mesh. */
  SERVICE: Transport;
}

const get = (to: Transport, host: Host) =>
  client(shop, to, rootContext(newTrace()), undefined, host).get({ id: "1" });

/**
 * Calls the Worker behind it, by path. `/full`: over the whole way out, with faults that could be set, into a service
 * with the whole way in. `/out`: over the way out alone, without the fault switch. `/bare`: `fetch`. For benchmarks.
 */
async function call(path: string, env: Env, host: Host): Promise<unknown> {
  if (path === "/full") return get(env.SERVICE, host);
  if (path === "/out") return get(env.BACKEND, { ...host, env: { ...env, WEFT_FAULTS: "off" } });
  const answer = await env.BACKEND.fetch(new Request("http://mesh/internal/things/1"));
  return answer.json();
}

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const host = { service: "bench", env, waitUntil: (work: Promise<unknown>) => ctx.waitUntil(work) };
    let found: unknown;
    for (let n = Number(searchParams.get("calls") ?? 1); n > 0; n--) found = await call(pathname, env, host);
    return Response.json(found);
  },
};
