import { expect, it } from "vitest";
import { price } from "./price.ts";

const product = (id: string, amount: number, currency = "EUR") => ({
  id,
  name: `Product ${id}`,
  description: "",
  price: { amount, currency },
});
const products = [product("a", 1_999), product("b", 1), product("dollars", 5, "USD")];

it("puts names and prices to the items and adds them up", () => {
  expect(
    price(
      [
        { productId: "b", quantity: 3 },
        { productId: "a", quantity: 2 },
      ],
      products,
    ),
  ).toEqual({
    items: [
      { productId: "b", name: "Product b", quantity: 3, price: { amount: 1, currency: "EUR" } },
      { productId: "a", name: "Product a", quantity: 2, price: { amount: 1_999, currency: "EUR" } },
    ],
    total: { amount: 4_001, currency: "EUR" },
  });
});

it("makes one item of a product that is named twice", () => {
  const { items, total } = price(
    [
      { productId: "a", quantity: 2 },
      { productId: "b", quantity: 1 },
      { productId: "a", quantity: 3 },
    ],
    products,
  );
  expect(items.map(({ productId, quantity }) => [productId, quantity])).toEqual([
    ["a", 5],
    ["b", 1],
  ]);
  expect(total.amount).toBe(5 * 1_999 + 1);
});

it("names every product that does not exist, by its place in the request", () => {
  const wishes = ["a", "x", "b", "y"].map((productId) => ({ productId, quantity: 1 }));
  expect(() => price(wishes, products)).toThrow(
    expect.objectContaining({
      code: "PRODUCT_UNKNOWN",
      status: 422,
      errors: [
        { pointer: "/items/1/productId", message: 'There is no product "x"' },
        { pointer: "/items/3/productId", message: 'There is no product "y"' },
      ],
    }),
  );
});

it("refuses to add euros to dollars", () => {
  const wishes = ["a", "dollars"].map((productId) => ({ productId, quantity: 1 }));
  expect(() => price(wishes, products)).toThrow(
    expect.objectContaining({ code: "VALIDATION_FAILED", status: 400 }),
  );
});

it("counts as far as numbers are exact, and says which lines go beyond", () => {
  const wishes = (quantity: number) => [
    { productId: "b", quantity: 1 },
    { productId: "gold", quantity: 1_000_000_000 },
    { productId: "a", quantity: 1 },
    { productId: "gold", quantity },
  ];
  const dear = [...products, product("gold", 9_000_000)];
  expect(price(wishes(1), dear).total.amount).toBe(9_000_000 * 1_000_000_001 + 1 + 1_999);
  expect(() => price(wishes(1_000_000_000), dear)).toThrow(
    expect.objectContaining({
      code: "VALIDATION_FAILED",
      status: 400,
      errors: [
        { pointer: "/items/1/quantity", message: expect.any(String) },
        { pointer: "/items/3/quantity", message: expect.any(String) },
      ],
    }),
  );
});
