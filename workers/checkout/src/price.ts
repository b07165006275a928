import type { OrderItem } from "@shop/orders/contract";
import { type FieldError, MeshError, meshError } from "@weft/mesh";
import type * as z from "zod";
import type { Purchase } from "./contract.ts";
import type { PricedProduct } from "./price-list.ts";
import type { PricedOrder } from "./place-order.ts";

export type Wish = z.infer<typeof Purchase>["items"][number];
type Item = z.infer<typeof OrderItem>;

/**
 * Puts names and prices to what somebody wants to buy; the same product named twice becomes one item.
 * Throws PRODUCT_UNKNOWN, or VALIDATION_FAILED when the prices are not all in one currency or the sum is no exact number.
 */
export function price(
  wishes: readonly Wish[],
  products: readonly PricedProduct[],
): Pick<PricedOrder, "items" | "total"> {
  const known = new Map(products.map((product) => [product.id, product]));
  const items = new Map<string, Item>();
  const unknown: FieldError[] = [];
  for (const [index, { productId, quantity }] of wishes.entries()) {
    const product = known.get(productId);
    if (!product) {
      unknown.push({ pointer: `/items/${index}/productId`, message: `There is no product "${productId}"` });
      continue;
    }
    const before = items.get(productId)?.quantity ?? 0;
    items.set(productId, {
      productId,
      name: product.name,
      quantity: before + quantity,
      price: product.price,
    });
  }
  if (unknown.length > 0) {
    throw new MeshError("PRODUCT_UNKNOWN", {
      status: 422,
      title: "A product of this order does not exist",
      detail: unknown.map(({ message }) => message).join("; "),
      errors: unknown,
    });
  }
  const priced = [...items.values()];
  return { items: priced, total: totalOf(priced, wishes) };
}

function totalOf(items: readonly Item[], wishes: readonly Wish[]): Item["price"] {
  const [currency, ...others] = new Set(items.map((item) => item.price.currency));
  if (!currency || others.length > 0) {
    throw meshError(
      "VALIDATION_FAILED",
      "These products are priced in different currencies; order them one by one.",
      {
        errors: [{ pointer: "/items", message: `Prices are in ${[currency, ...others].join(", ")}` }],
      },
    );
  }
  let amount = 0;
  for (const item of items) {
    amount += item.price.amount * item.quantity;
    if (Number.isSafeInteger(amount)) continue;
    throw meshError("VALIDATION_FAILED", "This order costs more than the shop can count.", {
      errors: quantitiesOf(item.productId, wishes, "With this quantity the sum is too large"),
    });
  }
  return { amount, currency };
}

/** Points at every line of the request that names a product. */
export function quantitiesOf(productId: string, wishes: readonly Wish[], message: string): FieldError[] {
  return wishes.flatMap((wish, index) =>
    wish.productId === productId ? { pointer: `/items/${index}/quantity`, message } : [],
  );
}
