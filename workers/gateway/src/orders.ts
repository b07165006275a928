import type { Order } from "@shop/orders/contract";
import { views } from "@shop/views/contract";
import { contextOf, hostOf, transportTo } from "@weft/gateway";
import { type CallOptions, header, type InputOf, invoke, type OutputOf } from "@weft/mesh";
import type { ShopContext } from "./env.ts";
import type { PaidOrder } from "./contract.ts";
import { meshOf, toMesh } from "./mesh.ts";

const { listOrders: operation } = views.operations;
type Input = InputOf<typeof operation>;
type Page = OutputOf<typeof operation>;
type Payment = NonNullable<PaidOrder["payment"]>;
type Marked<T> = T & { degraded?: true };
type PaidPage = Marked<{ items: PaidOrder[]; nextCursor: string | null }>;

/** A page of the buyer's orders; `degraded` if it is the fallback, or if the read side says that it lags behind. */
export async function ordersOf(
  c: ShopContext,
  input: Input,
  options: CallOptions<Page> = {},
): Promise<{ page: Page; degraded: boolean }> {
  const transport = transportTo(operation.service, c.env);
  const answer = await invoke(operation, input, transport, contextOf(c), options, toMesh, hostOf(c));
  const degraded = answer.degraded || answer.headers.has(header.degraded);
  return { page: answer.body as Page, degraded };
}

/** What payments says of these orders, by order; undefined while it says nothing. */
async function paymentsOf(ids: readonly string[], c: ShopContext) {
  if (ids.length === 0) return new Map<string, Payment>();
  const found = await meshOf(c).payments.getPayments({ orderIds: ids.join(",") }, { fallback: null });
  if (!found) return undefined;
  return new Map<string, Payment>(found.items.map(({ orderId, ...payment }) => [orderId, payment]));
}

/**
 * A list that may lack the newest changes, or the payments' details, says so: that is better than no list. Without the
 * payments service it shows the status that the read side last heard of.
 */
export async function listOrders(input: Input, c: ShopContext): Promise<PaidPage> {
  const { page, degraded } = await ordersOf(c, input, { parsed: true });
  const ids = page.items.map(({ id }) => id);
  const payments = await paymentsOf(ids, c);
  const items = page.items.map(({ payment: heard, ...order }) =>
    paid(order, payments ? payments.get(order.id) : heard && { status: heard }),
  );
  const missing = [...(degraded ? ["orders"] : []), ...(payments ? [] : ["payments"])];
  c.set("degraded", missing);
  return { items, nextCursor: page.nextCursor, ...(missing.length > 0 && { degraded: true }) };
}

/** One order as it is now, and its payment if payments answers. */
export async function getOrder({ id }: { id: string }, c: ShopContext): Promise<Marked<PaidOrder>> {
  const [order, payments] = await Promise.all([
    meshOf(c).orders.get({ id }, { parsed: true }),
    paymentsOf([id], c),
  ]);
  if (payments) return paid(order, payments.get(id));
  c.set("degraded", ["payments"]);
  return { ...order, degraded: true };
}

function paid(order: Order, payment: Payment | undefined): PaidOrder {
  return payment ? { ...order, payment } : order;
}
