import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { users } from "@shop/users/contract";
import { database, on, subscriptions } from "@weft/events";
import { bindings, calls, type ResourcesOf, service } from "@weft/mesh";
import { notifications } from "./contract.ts";
import { delivery } from "./delivery.ts";
import { listNotifications } from "./list.ts";
import { enqueue, rememberCustomer } from "./outbox.ts";
import * as schema from "./schema.ts";
import { cancelled, confirmed, refunded, rejected } from "./templates.ts";
import type { MailEnv } from "./transport.ts";

const equipment = [bindings<MailEnv>(), database({ schema }), calls({ users })] as const;
type Resources = ResourcesOf<typeof equipment>;

const mails = subscriptions<Resources>({
  name: "notifications",
  from: [
    on(orders, {
      "order.confirmed": ({ event, db, tx }) =>
        tx.add(rememberCustomer(db, event.data), enqueue(db, event, confirmed(event.data), tx.now)),
      "order.rejected": ({ event, db, tx }) =>
        tx.add(rememberCustomer(db, event.data), enqueue(db, event, rejected(event.data), tx.now)),
      "order.cancelled": ({ event, db, tx }) =>
        tx.add(rememberCustomer(db, event.data), enqueue(db, event, cancelled(event.data), tx.now)),
    }),
    on(payments, {
      "payment.refunded": ({ event, db, tx }) => tx.add(enqueue(db, event, refunded(event.data), tx.now)),
    }),
  ],
});

export default service(notifications, {
  use: [...equipment, mails, delivery()],
  handlers: { list: ({ input, db }) => listNotifications(db, input) },
});
