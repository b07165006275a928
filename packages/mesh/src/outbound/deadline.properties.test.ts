import { seeded } from "@weft/testkit/random";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import * as z from "zod";
import { client } from "../client.ts";
import { type Context, rootContext } from "../context/context.ts";
import { header } from "../context/headers.ts";
import { newTrace } from "../context/trace.ts";
import { contract } from "../contract/contract.ts";
import { command, query } from "../contract/operation.ts";
import { outbound } from "../outbound.ts";
import { meshError } from "../error.ts";
import type { TimerRuntime } from "../runtime.ts";
import { service } from "../service.ts";
import type { OutboundNext } from "./call.ts";
import { MAX_DEPTH } from "./depth.ts";

const time = (max: number) => fc.integer({ min: 1, max: max * 10 }).map((tenths) => tenths / 10);
const hop = fc.record({
  kind: fc.constantFrom("query" as const, "command" as const),
  timeout: time(2_000),
  tryTimeout: fc.option(time(600), { nil: undefined }),
  /** The caller's own limit. */
  limit: fc.option(time(1_200), { nil: undefined }),
  /** How long the call travels, works before and after its own call, at most; ms. */
  travel: time(60),
  before: time(100),
  after: time(300),
  failing: fc.constantFrom(0, 0, 0.5),
});
const chain = fc.record({
  hops: fc.array(hop, { minLength: 1, maxLength: MAX_DEPTH, size: "max" }),
  /** What is left of the time of whoever comes to the first service's caller. */
  left: fc.option(time(3_000), { nil: undefined }),
  /** Timers of a busy isolate ring late. */
  lag: time(80),
  seed: fc.nat(),
});
type Hop = typeof hop extends fc.Arbitrary<infer H> ? H : never;
type Chain = typeof chain extends fc.Arbitrary<infer C> ? C : never;

/** Time that passes only when somebody works or waits; timers ring on the way. */
class Time {
  now = 1_000_000;
  #timers: { at: number; run: () => void }[] = [];

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = Math.max(this.now, end);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.now + ms, run };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }
}

const ANYTHING = z.object({});
const ALLOW = ["chain"];
const CTX = { props: { caller: "chain" }, waitUntil: () => undefined };
function contractOf({ kind, timeout, tryTimeout }: Hop, index: number) {
  const options = { timeout, ...(tryTimeout !== undefined && { tryTimeout }), allow: ALLOW };
  return contract(`hop-${index}`, {
    go:
      kind === "query"
        ? query("GET /internal/go", { output: ANYTHING, ...options })
        : command("POST /internal/go", { output: ANYTHING, idempotent: true, ...options }),
  });
}

/** A try on its way: what its caller had promised, and what it says itself. */
interface Sent {
  readonly depth: number;
  readonly at: number;
  readonly left: number;
  /** When the call that it is a try of must end. */
  readonly end: number;
  readonly tryTimeout: number;
  readonly retrying: boolean;
}

/** Services that call one another in a row, over the whole way out and in; every try that leaves. */
async function play({ hops, left, lag, seed }: Chain): Promise<Sent[]> {
  const world = new Time();
  const random = seeded(seed);
  const sent: Sent[] = [];
  const runtime: TimerRuntime = {
    now: () => world.now,
    random,
    sleep: async (ms) => world.pass(ms + random() * lag),
    after: (ms, run) => world.after(ms, run),
  };
  const contracts = hops.map(contractOf);
  const paths = hops.map((): OutboundNext =>
    outbound({
      runtime,
      policies: { retry: { attempts: 3, tokens: 100, tokensPerSuccess: 1 }, circuit: false, throttle: false },
    }),
  );

  async function callFrom(depth: number, context: Context, calm = false): Promise<void> {
    const [next, path, its] = [hops[depth], paths[depth], contracts[depth]];
    if (!next || !path || !its) return;
    const limit = Math.min(next.timeout, next.limit ?? Number.POSITIVE_INFINITY);
    const end = Math.min(world.now + limit, context.deadline ?? Number.POSITIVE_INFINITY);
    const transport = {
      async fetch(request: Request) {
        if (calm) return Response.json({});
        const tryTimeout = next.tryTimeout ?? Number.POSITIVE_INFINITY;
        const remaining = Number(request.headers.get(header.remaining));
        const retrying = request.headers.has(header.retrying);
        sent.push({ depth, at: world.now, left: remaining, end, tryTimeout, retrying });
        world.pass(random() * next.travel);
        request.signal.throwIfAborted();
        const answer = await workers[depth]?.fetch?.(request as never, {} as never, CTX as never);
        request.signal.throwIfAborted();
        return answer as Response;
      },
    };
    const options = next.limit === undefined ? {} : { timeout: next.limit };
    await client(its, transport, context, path).go({}, options);
  }

  const workers = hops.map((each, depth) =>
    service(
      contractOf(each, depth),
      {
        use: [],
        handlers: {
          go: async ({ context }) => {
            world.pass(random() * each.before);
            if (random() < each.failing) throw meshError("UNAVAILABLE");
            await callFrom(depth + 1, context);
            world.pass(random() * each.after);
            return {};
          },
        },
      },
      runtime,
    ),
  );

  // As many quick calls as a hedge's delay is worked out from.
  for (const depth of hops.keys())
    for (let n = 0; n < 20; n++) await callFrom(depth, rootContext(newTrace()), true);
  const deadline = left === undefined ? undefined : world.now + left;
  await callFrom(0, rootContext(newTrace(), { deadline })).catch((error: unknown) => {
    expect(error).toMatchObject({ name: "MeshError", code: expect.not.stringMatching("INTERNAL") });
  });
  return sent;
}

it("never lets the remaining time grow, from try to try and hop to hop, nor a try begin after its end", async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const reached = { deep: 0, again: 0, late: 0 };
  await fc.assert(
    fc.asyncProperty(fc.noBias(chain), async (drawn) => {
      const sent = await play(drawn);
      for (const { depth, at, left, end, tryTimeout, retrying } of sent) {
        expect(at).toBeLessThan(end);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThanOrEqual(Math.min(end - at, tryTimeout));
        if (depth === MAX_DEPTH - 1) reached.deep++;
        if (retrying) reached.again++;
        if (end - at < tryTimeout) reached.late++;
      }
    }),
    { numRuns: 200 },
  );
  // The chains that are drawn are worth something.
  for (const times of Object.values(reached)) expect(times).toBeGreaterThan(5);
}, 30_000);
