import type { Order } from "@shop/orders/contract";
import { ALGORITHM, AUDIENCE, ISSUER } from "@shop/users/contract";
import { memoryStore } from "@weft/idempotency/memory-store";
import { bindingName, type Contract, type Handlers, MeshError, service } from "@weft/mesh";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { vi } from "vitest";
import { app as gateway } from "./app.ts";
import { services } from "./mesh.ts";

type Fakes<C extends Contract> = Partial<Handlers<C, object>>;

type Services = typeof services;
type Answers = { [K in keyof Services]?: Fakes<Services[K]> };

// No waiting between the retries of a call.
vi.spyOn(Math, "random").mockReturnValue(0);

export const OPERATOR_TOKEN = "operators-only";
export const REGISTRY_TOKEN = "instances-only";
const keys = await generateKeyPair("ES256", { extractable: true });
const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: ALGORITHM, use: "sig" };

export const token = (sub = "usr_1") =>
  new SignJWT({ scope: "customer" })
    .setProtectedHeader({ alg: ALGORITHM, kid: "k1" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(sub)
    .setNotBefore("0s")
    .setExpirationTime("1h")
    .sign(keys.privateKey);

const products = [
  { id: "prod_001", name: "Teapot", description: "Pours well", price: { amount: 1999, currency: "EUR" } },
  { id: "prod_002", name: "Cup", description: "Holds tea", price: { amount: 499, currency: "EUR" } },
  { id: "prod_003", name: "Spoon", description: "Stirs", price: { amount: 199, currency: "EUR" } },
];

export function orderOf(id: string, status: Order["status"] = "confirmed"): Order {
  const at = "2026-11-21T12:00:00.000Z";
  return {
    id,
    status,
    items: [{ productId: "prod_001", name: "Teapot", quantity: 1, price: { amount: 1999, currency: "EUR" } }],
    total: { amount: 1999, currency: "EUR" },
    timeline: [{ status, at }],
  };
}

/** What the services answer when all is well. */
const well: Answers = {
  users: {
    me: async ({ context }) => ({ id: context.principal?.sub ?? "", email: "ada@example.com", name: "Ada" }),
    jwks: async () => ({ keys: [jwk] }),
  },
  catalog: {
    listProducts: async ({ input }) => ({ items: products.slice(0, input.limit), nextCursor: null }),
    getProduct: async ({ input }) => {
      const product = products.find(({ id }) => id === input.id);
      if (!product) throw new MeshError("PRODUCT_NOT_FOUND", { status: 404 });
      return product;
    },
    getProducts: async ({ input }) => ({
      items: input.ids.split(",").flatMap((id) => products.find((each) => each.id === id) ?? []),
    }),
    bestSellers: async ({ input }) => ({ items: products.slice(0, input.limit) }),
  },
  inventory: {
    getStock: async ({ input }) => ({ productId: input.productId, available: 7 }),
    getStocks: async ({ input }) => ({
      items: input.productIds.split(",").map((productId) => ({ productId, available: 7 })),
    }),
  },
  orders: { get: async ({ input }) => orderOf(input.id) },
  payments: {
    getPayments: async ({ input }) => ({
      items: input.orderIds.split(",").map((orderId) => ({
        orderId,
        status: "captured" as const,
        amount: { amount: 1999, currency: "EUR" },
      })),
    }),
  },
  views: {
    searchProducts: async () => ({ items: products.slice(1, 2), nextCursor: null }),
    recommendations: async () => ({ productIds: ["prod_003", "prod_002"] }),
    listOrders: async () => ({ items: [{ ...orderOf("ord_1"), payment: "authorized" }], nextCursor: null }),
  },
  shipping: {
    listOpen: async () => ({
      items: [{ id: "shp_1", orderId: "ord_1", status: "preparing", createdAt: "2026-11-21T12:00:00.000Z" }],
      nextCursor: null,
    }),
  },
};

/** Services that are unreachable. */
export type Down = readonly (keyof Services)[];

/** The gateway with services from their real contracts, that answer as given; `down` ones break the connection. */
export function shop(answers: Answers = {}, { down = [] }: { down?: Down } = {}) {
  const context = { waitUntil: (_: Promise<unknown>) => {}, passThroughOnException: () => {} };
  const keysInUse = memoryStore(() => Date.now());
  const env: Record<string, unknown> = {
    WEFT_OPERATOR_TOKEN: OPERATOR_TOKEN,
    REGISTRY_TOKEN,
    IDEMPOTENCY: keysInUse,
    CLIENT_LIMIT: { limit: async () => ({ success: true }) },
    LOGIN_LIMIT: { limit: async () => ({ success: true }) },
    PASSWORD_LIMIT: { limit: async () => ({ success: true }) },
    ASSETS: {
      fetch: async (url: URL) =>
        new Response(`asset ${url.pathname}`, { headers: { "content-type": "text/css" } }),
    },
  };
  for (const [name, contract] of Object.entries(services) as [keyof Services, Contract][]) {
    const handlers = { ...well[name], ...answers[name] };
    const worker = service(contract, { use: [], handlers: handlers as never });
    env[bindingName(name)] = {
      fetch: async (request: Request) => {
        if (down.includes(name)) throw new Error("connection lost");
        return worker.fetch?.(
          request as never,
          {} as never,
          { ...context, props: { caller: "gateway" } } as never,
        );
      },
    };
  }
  return {
    keysInUse,
    env,
    send: (path: string, init: RequestInit = {}) =>
      gateway.request(path, init, env, { ...context, props: {} } as never) as Promise<Response>,
    async get(path: string, headers: Record<string, string> = {}) {
      const response = await this.send(path, { headers });
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Record<string, unknown>,
      };
    },
    async post(path: string, body: unknown, headers: Record<string, string> = {}) {
      const response = await this.send(path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", authorization: `Bearer ${await token()}`, ...headers },
      });
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Record<string, unknown>,
      };
    },
  };
}
