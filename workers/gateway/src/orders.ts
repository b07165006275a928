import { views } from "@shop/views/contract";
import { contextOf, hostOf, transportTo } from "@weft/gateway";
import { type CallOptions, header, type InputOf, invoke, type OutputOf } from "@weft/mesh";
import type { ShopContext } from "./env.ts";
import { toMesh } from "./mesh.ts";

const { listOrders: operation } = views.operations;
type Input = InputOf<typeof operation>;
type Page = OutputOf<typeof operation>;

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

/** A list that may lack the newest changes says so: that is better than no list. */
export async function listOrders(input: Input, c: ShopContext): Promise<Page & { degraded?: true }> {
  const { page, degraded } = await ordersOf(c, input, { parsed: true });
  if (!degraded) return page;
  c.set("degraded", ["orders"]);
  return { ...page, degraded: true };
}
