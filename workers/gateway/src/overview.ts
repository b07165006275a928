import type { ShopContext } from "./env.ts";
import { meshOf } from "./mesh.ts";

/** Newest orders and shipments to show. */
const LIMIT = 5;

/** The profile must be there; orders and shipments may be missing, which `degraded` says by name. */
export async function overview(_: unknown, c: ShopContext) {
  const { users, views, shipping } = meshOf(c);
  const [profile, orders, shipments] = await Promise.all([
    users.me({}),
    views.listOrders({ limit: LIMIT }, { fallback: null }),
    shipping.listOpen({ limit: LIMIT }, { fallback: null }),
  ]);
  const parts = { orders, shipments };
  const degraded = Object.entries(parts).flatMap(([name, part]) => (part ? [] : [name]));
  c.set("degraded", degraded);
  return { profile, orders: orders?.items ?? [], shipments: shipments?.items ?? [], degraded };
}
