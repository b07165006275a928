/**
 * Visitors who look around the shop, from inside its runtime: a service binding takes what one machine's front server
 * does not. `/closed?visitors=&requests=` goes as fast as answers come, `/open?rate=&most=&ms=` at a fixed rate whatever the
 * answers are, with so many at a time, until `/stop`.
 */
interface Env {
  GATEWAY: { fetch(request: Request): Promise<Response> };
}

export interface Visits {
  sent: number;
  /** Most that were under way at a time. */
  most: number;
  /** Answers by status; 0 = none within a visitor's patience. */
  statuses: Record<number, number>;
  /** ms that it took. */
  ms: number;
}

const PAGES = 50;
/** Whoever has waited so long, ms, goes away. */
const PATIENCE = 2_000;
const TICK = 5;

let stopped = false;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name: string) => Number(searchParams.get(name));
    if (pathname === "/stop") {
      stopped = true;
      return new Response();
    }
    stopped = false;
    const visits = new Visitors(env);
    if (pathname === "/closed") await visits.closed(number("visitors"), number("requests"));
    else await visits.open(number("rate"), number("most"), number("ms"));
    return Response.json(visits.result());
  },
};

class Visitors {
  readonly #env: Env;
  readonly #statuses: Record<number, number> = {};
  readonly #began = Date.now();
  #sent = 0;
  #open = 0;
  #most = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  async closed(visitors: number, requests: number): Promise<void> {
    const one = async () => {
      while (this.#sent < requests) await this.#visit();
    };
    await Promise.all(Array.from({ length: visitors }, one));
  }

  async open(rate: number, most: number, ms: number): Promise<void> {
    while (!stopped && Date.now() - this.#began < ms) {
      const due = Math.floor(((Date.now() - this.#began) / 1000) * rate);
      while (this.#sent < due && this.#open < most) void this.#visit();
      await new Promise((resolve) => setTimeout(resolve, TICK));
    }
  }

  result(): Visits {
    return { sent: this.#sent, most: this.#most, statuses: this.#statuses, ms: Date.now() - this.#began };
  }

  async #visit(): Promise<void> {
    const n = this.#sent++;
    this.#most = Math.max(this.#most, ++this.#open);
    const path = `/v1/products/prod_${String((n % PAGES) + 1).padStart(3, "0")}`;
    // Everybody has an address of their own, so that no client's quota ends the flood.
    const headers = { "cf-connecting-ip": `10.${(n >> 8) & 255}.${n & 255}.1` };
    const request = new Request(`http://shop${path}`, { headers, signal: AbortSignal.timeout(PATIENCE) });
    let status = 0;
    try {
      const answer = await this.#env.GATEWAY.fetch(request);
      await answer.arrayBuffer();
      status = answer.status;
    } catch {
      // Nobody was there to wait for it.
    }
    this.#open--;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
  }
}
