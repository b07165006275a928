import { control } from "@shop/control/contract";
import { meshError, problemResponse, service } from "@weft/mesh";
import { type Endpoint, snapshotOf } from "@weft/mesh/registry";
import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { afterEach, describe, expect, it, vi } from "vitest";
import { shipping } from "./contract.ts";

const endpoint: Endpoint = { id: "a", url: "http://rates.test", version: "1", weight: 1, healthy: true };
const rate = { price: { amount: 579, currency: "EUR" }, days: 2 };
const parcel = { country: "DE", items: 1 };

/** The shipping Worker in an isolate of its own, with a registry that names `endpoints`, or that is not there. */
async function isolate(endpoints: Endpoint[] | "registry down") {
  vi.resetModules();
  const { default: worker } = await import("./index.ts");
  const registry = service(control, {
    use: [],
    handlers: {
      findInstances: async ({ input }: { input: { version?: string } }) => {
        if (endpoints === "registry down") throw meshError("UNAVAILABLE");
        return snapshotOf(endpoints, "key", input.version);
      },
    } as never,
  });
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: { caller: "shipping" } };
  const CONTROL = {
    fetch: (request: Request) => registry.fetch?.(request as never, {} as never, context as never),
  };
  const served = serve(worker, { DB: d1("migrations/shipping"), CONTROL });
  return served.client(shipping, { caller: "gateway" });
}

const answers = (answer: () => Response | Promise<Response>) =>
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => answer());

afterEach(() => vi.restoreAllMocks());

describe("shipping rates", () => {
  it("are the rate service's own", async () => {
    const sent = answers(() => Response.json(rate));
    expect(await (await isolate([endpoint])).getRates(parcel)).toEqual(rate);
    const [address, init] = sent.mock.calls[0] ?? [];
    expect(address).toBe("http://rates.test/internal/quotes");
    expect(JSON.parse(new TextDecoder().decode(init?.body as ArrayBuffer))).toEqual({
      ...parcel,
      weight: 500,
    });
  });

  it.each([
    ["nobody is registered", [], () => Response.json(rate)],
    ["the registry was never reached", "registry down" as const, () => Response.json(rate)],
    ["nobody can be reached", [endpoint], () => Promise.reject(new Error("refused"))],
    ["the service does not know us", [endpoint], () => problemResponse(meshError("TOKEN_INVALID"), "t")],
    ["the service is broken", [endpoint], () => new Response("oops", { status: 500 })],
    ["the service talks nonsense", [endpoint], () => Response.json({ price: "five" })],
  ])("are flat, and say so, while %s", async (_, endpoints, answer) => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    answers(answer);
    expect(await (await isolate(endpoints)).getRates(parcel)).toMatchObject({ degraded: true });
  });

  it("are refused for what is no parcel", async () => {
    const rates = await isolate([endpoint]);
    await expect(rates.getRates({ country: "Germany", items: 1 })).rejects.toMatchObject({ status: 400 });
    await expect(rates.getRates({ country: "DE", items: 0 })).rejects.toMatchObject({ status: 400 });
  });
});
