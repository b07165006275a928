import { expect, it } from "vitest";
import * as z from "zod";
import { calls } from "../bindings.ts";
import { client } from "../client.ts";
import { contract } from "../contract/contract.ts";
import { query } from "../contract/operation.ts";
import { service } from "../service.ts";
import { type Context, rootContext } from "./context.ts";
import { newTrace } from "./trace.ts";

const output = z.object({ seen: z.unknown() });
const first = contract("first", {
  ask: query("GET /internal/ask", { output, allow: ["gateway"] }),
});
const second = contract("second", {
  ask: query("GET /internal/ask", { output, auth: "user", allow: ["first"] }),
});

type Fetch = (request: Request, env: object, ctx: object) => Promise<Response>;
const boundTo = (worker: ExportedHandler<never>, caller: string, env: object = {}) => ({
  fetch: (request: Request) =>
    (worker.fetch as unknown as Fetch)(request, env, {
      props: { caller },
      waitUntil() {},
      passThroughOnException() {},
    }),
});

const secondWorker = service(second, {
  use: [],
  handlers: {
    ask: async ({ context: { principal, priority, depth, hops, trace, signal } }) => ({
      seen: { principal, priority, depth, hops, traceId: trace.traceId, aborted: signal?.aborted },
    }),
  },
});
const firstWorker = service(first, {
  use: [calls({ second })],
  handlers: { ask: ({ mesh }) => mesh.second.ask({}) },
});

it("a handler's calls carry who is asking, how important it is and how deep it is, two services on", async () => {
  const parts: Partial<Context> = {
    principal: { sub: "usr_1", scopes: ["operator", "refunds"] },
    priority: "critical",
  };
  const context = rootContext(newTrace(), parts);
  const gateway = client(
    first,
    boundTo(firstWorker, "gateway", { SECOND: boundTo(secondWorker, "first") }),
    context,
  );
  expect((await gateway.ask({})).seen).toEqual({
    ...parts,
    depth: 2,
    hops: 2,
    traceId: context.trace.traceId,
    aborted: false,
  });
});

it("a caller that goes away ends the work two services on, and only then", async () => {
  const begun = Promise.withResolvers<AbortSignal | undefined>();
  const ended = Promise.withResolvers<Response>();
  const patient = {
    fetch(request: Request) {
      request.signal.addEventListener("abort", () => ended.reject(request.signal.reason as Error));
      begun.resolve(request.signal);
      return ended.promise;
    },
  };
  const gone = new AbortController();
  const context = rootContext(newTrace(), { signal: gone.signal });
  const gateway = client(first, boundTo(firstWorker, "gateway", { SECOND: patient }), context);
  const answer = gateway.ask({});
  const signal = await begun.promise;
  expect(signal?.aborted).toBe(false);
  gone.abort();
  await expect(answer).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(signal?.aborted).toBe(true);
});
