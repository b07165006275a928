import { MeshError } from "@weft/mesh";
import { expect, it } from "vitest";
import { answersBy } from "../test/described.ts";
import { orderOf, shop, token } from "./fixture.ts";

const refused = new MeshError("OUT_OF_STOCK", {
  status: 409,
  errors: [{ pointer: "/items/0/quantity", message: "None left" }],
});
const purchase = { items: [{ productId: "prod_001", quantity: 1 }], paymentToken: "tok_ok" };
const placing = (answer: () => Promise<{ order: ReturnType<typeof orderOf>; done: boolean }>) =>
  shop({
    orders: { get: async ({ input }) => orderOf(input.id) },
    checkout: { placeOrder: answer },
  });
const all = placing(async () => ({ order: orderOf("ord_1"), done: true }));
const rejecting = placing(async () => {
  throw refused;
});
const headers = { authorization: `Bearer ${await token()}`, "idempotency-key": "k1" };
const document = (await all.get("/openapi.json")).body;

it.each<[string, () => ReturnType<typeof all.get>, number]>([
  ["get /v1/products", () => all.get("/v1/products?limit=2"), 200],
  ["get /v1/products/{id}", () => all.get("/v1/products/prod_001"), 200],
  ["get /v1/products/{id}", () => all.get("/v1/products/prod_999"), 404],
  ["get /v1/products/{id}/recommendations", () => all.get("/v1/products/prod_001/recommendations"), 200],
  ["get /v1/orders/{id}", () => all.get("/v1/orders/ord_1", headers), 200],
  ["get /v1/orders", () => all.get("/v1/orders", headers), 200],
  ["get /v1/orders", () => all.get("/v1/orders?limit=0", headers), 400],
  ["get /v1/me/overview", () => all.get("/v1/me/overview", headers), 200],
  ["get /v1/users/me", () => all.get("/v1/users/me", headers), 200],
  ["get /v1/users/me", () => all.get("/v1/users/me"), 401],
  ["post /v1/orders", () => all.post("/v1/orders", purchase, headers), 201],
  ["post /v1/orders", () => rejecting.post("/v1/orders", purchase, headers), 409],
  ["get /.well-known/jwks.json", () => all.get("/.well-known/jwks.json"), 200],
  ["get /health", () => all.get("/health"), 200],
  ["get /health/detailed", () => all.get("/health/detailed"), 200],
])("%s answers what /openapi.json says", async (operation, ask, status) => {
  const answer = await ask();
  expect(answer.status).toBe(status);
  expect(answersBy(document)(operation, answer)).toEqual([]);
});

it("would notice an answer that is not as described", async () => {
  const answer = await all.get("/v1/orders/ord_1", headers);
  const wrong = { ...answer, body: { ...answer.body, total: { amount: "many" } } };
  expect(answersBy(document)("get /v1/orders/{id}", wrong)).not.toEqual([]);
  expect(answersBy(document)("get /v1/orders/{id}", { ...answer, status: 418 })).not.toEqual([]);
});
