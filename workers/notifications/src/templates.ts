import type { orders } from "@shop/orders/contract";
import type { Money, payments } from "@shop/payments/contract";
import type { EventData } from "@weft/mesh";

/** An e-mail without its address: that is looked up when it is sent, so that none lies in events. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
}

type Confirmed = EventData<typeof orders, "order.confirmed">;
type Rejected = EventData<typeof orders, "order.rejected">;
type Cancelled = EventData<typeof orders, "order.cancelled">;
type Refunded = EventData<typeof payments, "payment.refunded">;

export function confirmed({ orderId, items, total }: Confirmed): Mail {
  const lines = items.map(({ quantity, name, price }) => `  ${quantity} x ${name}, ${money(price)} each`);
  return mail(`Your order ${orderId} is confirmed`, [
    "Thank you for your order. We are packing:",
    [...lines, `  Total: ${money(total)}`].join("\n"),
  ]);
}

export function rejected({ orderId, reason }: Rejected): Mail {
  return mail(`Your order ${orderId} could not be accepted`, [
    `We could not accept your order ${orderId}: ${reasons[reason] ?? "something went wrong on our side"}.`,
    "You have not been charged.",
  ]);
}

export function cancelled({ orderId }: Cancelled): Mail {
  return mail(`Your order ${orderId} is cancelled`, [
    `Your order ${orderId} is cancelled, and your money is on its way back to you.`,
  ]);
}

export function refunded({ orderId, amount }: Refunded): Mail {
  return mail(`Your refund for order ${orderId}`, [
    `We have sent ${money(amount)} for order ${orderId} back to you.`,
  ]);
}

export function welcome(name: string): Mail {
  return mail("Welcome to the shop", [`Your account is ready, ${name}. We are glad to have you.`]);
}

/** Error codes in a customer's words. */
const reasons: Record<string, string> = {
  OUT_OF_STOCK: "an item is out of stock",
  PAYMENT_DECLINED: "your payment was declined",
};

function mail(subject: string, paragraphs: readonly string[]): Mail {
  return { subject, text: ["Hello,", ...paragraphs, "The shop"].join("\n\n") };
}

/** `{ amount: 1999, currency: "EUR" }` → `19.99 EUR`; how many digits are minor units depends on the currency. */
function money({ amount, currency }: Money): string {
  const digits =
    new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}
