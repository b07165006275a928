import { checkout } from "@shop/checkout/contract";
import { inventory } from "@shop/inventory/contract";
import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { calls, service } from "@weft/mesh";
import { audit } from "./audit.ts";
import { control } from "./contract.ts";

/** One object per idempotency key; the gateway's binding IDEMPOTENCY leads here. */
export { IdempotencyStore } from "@weft/idempotency/store";

export default service(control, {
  use: [calls({ orders, payments, inventory, checkout })],
  handlers: {
    audit: ({ mesh }) => audit(mesh),
  },
});
