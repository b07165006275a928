import { expect, it } from "vitest";
import { gateway } from "./contract.ts";

it("whoever looks around can come back in a minute, and whoever pays cannot", () => {
  const priorities = Object.values(gateway.operations).map(({ id, priority }) => [id, priority]);
  expect(Object.fromEntries(priorities)).toEqual({
    "gateway.listProducts": "background",
    "gateway.getProduct": "background",
    "gateway.recommendations": "background",
    "gateway.placeOrder": "critical",
    "gateway.listOrders": "normal",
    "gateway.getOrder": "normal",
    "gateway.overview": "normal",
  });
});
