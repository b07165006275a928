import type { ShopContext } from "./env.ts";
import { meshOf } from "./mesh.ts";
import { ordersOf } from "./orders.ts";

/** Newest orders and shipments to show. */
const LIMIT = 5;
const NO_ORDERS = { items: [], nextCursor: null };

/** The profile must be there; orders and shipments may be missing, or orders stale, which `degraded` says by name. */
export async function overview(_: unknown, c: ShopContext) {
  const { users, shipping } = meshOf(c);
  const [profile, orders, shipments] = await Promise.all([
    users.me({}),
    ordersOf(c, { limit: LIMIT }, { fallback: NO_ORDERS }),
    shipping.listOpen({ limit: LIMIT }, { fallback: null }),
  ]);
  const degraded = [...(orders.degraded ? ["orders"] : []), ...(shipments ? [] : ["shipments"])];
  c.set("degraded", degraded);
  return { profile, orders: orders.page.items, shipments: shipments?.items ?? [], degraded };
}
