import type { checkout } from "@shop/checkout/contract";
import type { inventory } from "@shop/inventory/contract";
import type { orders } from "@shop/orders/contract";
import type { payments } from "@shop/payments/contract";
import type { Mesh, OutputOf } from "@weft/mesh";
import type { control } from "./contract.ts";

type Books = Mesh<{
  orders: typeof orders;
  payments: typeof payments;
  inventory: typeof inventory;
  checkout: typeof checkout;
}>;
export type Audit = OutputOf<(typeof control)["operations"]["audit"]>;

/** Four databases cannot be read at one moment; so many times an order may come in between. */
const READINGS = 5;

/**
 * Whether the orders, the ledger and the shelves tell the same story. The orders are read before and after the others:
 * if none has changed meanwhile, the reading is of one moment; otherwise it is taken again. A shop too busy for that
 * gets the last reading with `consistent: false`, and `balanced: false` then proves nothing.
 */
export async function audit(books: Books): Promise<Audit> {
  let before = await books.orders.audit({});
  for (let reading = 1; ; reading++) {
    const { open } = before;
    const [money, stock, { sagas }] = await Promise.all([
      books.payments.audit({ open }),
      books.inventory.audit({ open }),
      books.checkout.audit({}),
    ]);
    const after = await books.orders.audit({});
    const consistent = after.version === before.version;
    if (consistent || reading === READINGS) {
      const { confirmedTotal, confirmedUnits, counts } = before;
      const expected = stock.received - confirmedUnits;
      const actual = stock.onHand + stock.inFlight;
      return {
        balanced:
          money.settled === confirmedTotal &&
          money.ledgerSum === 0 &&
          (!consistent || money.stranded === 0) &&
          actual === expected,
        money: { expected: confirmedTotal, actual: money.settled, inFlight: money.inFlight },
        stock: { expected, actual, reserved: stock.reserved },
        orders: counts,
        sagas,
        ...(!consistent && { consistent }),
      };
    }
    before = after;
  }
}
