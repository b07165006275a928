import { client, contract, type Host, query, rootContext, newTrace, type Transport } from "@weft/mesh";
import * as z from "zod";

/** Calls the Worker behind it, over the whole call path (`/full`) or with a bare `fetch` (`/bare`). For benchmarks. */
interface Env {
  BACKEND: Transport;
}

const thing = z.object({ id: z.string() });
const shop = contract("shop", {
  get: query("GET /internal/things/:id", { input: thing, output: thing, allow: [] }),
});

async function call(path: string, env: Env, host: Host): Promise<unknown> {
  if (path !== "/bare")
    return client(shop, env.BACKEND, rootContext(newTrace()), undefined, host).get({ id: "1" });
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
