/**
 * Sits on one edge of the mesh in whole-mesh tests: passes calls on to the real service, or fails the way that it was
 * told to. `mesh.ts` starts one per edge and switches it over `/__fault`.
 */
export type Fault =
  | { kind: "none" }
  /** Answers 503 as a proxy in front of a dead service would, without a problem document. */
  | { kind: "down" }
  /** The connection breaks before the service sees anything. */
  | { kind: "broken" }
  /** The service does its work, but the answer is lost. */
  | { kind: "answer-lost" }
  /** The service answers so much later, ms. */
  | { kind: "slow"; ms: number }
  /** Answers 429 and asks for so many seconds of peace. */
  | { kind: "rate-limited"; retryAfter: number }
  /** Answers so many percent of the calls with 503, drawn anew in the same order each time. */
  | { kind: "flaky"; percent: number };

interface Env {
  REAL: { fetch(request: Request): Promise<Response> };
}

let fault: Fault = { kind: "none" };
/** Only so many calls fail; then all is well again. */
let remaining = 0;
/** State of the draws: a linear congruential generator (Numerical Recipes), so that a test sees the same luck each time. */
let luck = 1;

function draw(): number {
  luck = (Math.imul(luck, 1_664_525) + 1_013_904_223) >>> 0;
  return luck / 2 ** 32;
}

/** Calls that arrived here since the fault was set. */
let seen = 0;

async function control(request: Request): Promise<Response> {
  if (request.method === "POST") {
    ({ fault, times: remaining } = await request.json<{ fault: Fault; times: number }>());
    seen = 0;
    luck = 1;
  }
  return Response.json({ seen });
}

const unavailable = () => new Response("upstream connect error", { status: 503 });

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (new URL(request.url).pathname === "/__fault") return control(request);
    seen++;
    const active = remaining > 0 ? fault : { kind: "none" as const };
    remaining--;
    switch (active.kind) {
      case "none":
        return env.REAL.fetch(request);
      case "down":
        return unavailable();
      case "broken":
        throw new Error("connection reset");
      case "answer-lost":
        await (await env.REAL.fetch(request)).text();
        throw new Error("connection reset after the request was sent");
      case "rate-limited":
        return new Response("slow down", {
          status: 429,
          headers: { "retry-after": String(active.retryAfter) },
        });
      case "flaky":
        return draw() * 100 < active.percent ? unavailable() : env.REAL.fetch(request);
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, active.ms));
        // A call that its caller has given up goes no further.
        request.signal.throwIfAborted();
        return env.REAL.fetch(request);
    }
  },
};
