import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { users } from "@shop/users/contract";
import { database, on, subscriptions, taskQueue } from "@weft/events";
import { bindings, calls, type ResourcesOf, service } from "@weft/mesh";
import { notifications } from "./contract.ts";
import { deliver, GIVE_UP, PERMANENT } from "./delivery.ts";
import { listNotifications } from "./list.ts";
import { enqueue, PRIORITY, rememberCustomer } from "./outbox.ts";
import * as schema from "./schema.ts";
import { cancelled, confirmed, type Mail, refunded, rejected, welcome } from "./templates.ts";
import type { MailEnv } from "./transport.ts";

const equipment = [bindings<MailEnv>(), database({ schema }), calls({ users })] as const;
type Resources = ResourcesOf<typeof equipment>;

type OrderNews = Pick<Resources, "db" | "tx"> & {
  event: { id: string; data: { orderId: string; userId: string } };
};

/** A mail to whose order it is. */
function tell({ event: { id, data }, ...writing }: OrderNews, mail: Mail): void {
  writing.tx.add(rememberCustomer(writing.db, data));
  enqueue(writing, { causeId: id, ...data }, mail, PRIORITY.order);
}

const news = subscriptions<Resources>({
  name: "notifications",
  from: [
    on(orders, {
      "order.confirmed": (context) => tell(context, confirmed(context.event.data)),
      "order.rejected": (context) => tell(context, rejected(context.event.data)),
      "order.cancelled": (context) => tell(context, cancelled(context.event.data)),
    }),
    on(payments, {
      // Says nothing of the customer, and may come before the order's events.
      "payment.refunded": ({ event: { id, data }, ...writing }) =>
        enqueue(writing, { causeId: id, orderId: data.orderId }, refunded(data), PRIORITY.order),
    }),
  ],
});

const mails = taskQueue<typeof notifications.commands, Resources>({
  contract: notifications,
  retry: { giveUp: GIVE_UP, permanent: PERMANENT },
  handlers: {
    "account.welcome": ({ data: { userId, name }, task, ...writing }) =>
      enqueue(writing, { causeId: task.id, userId }, welcome(name), PRIORITY.greeting),
    "mail.deliver": ({ data, ...delivery }) => deliver(delivery, data.notificationId),
  },
});

export default service(notifications, {
  use: [...equipment, news, mails],
  handlers: { list: ({ input, db }) => listNotifications(db, input) },
});
