import { orders } from "@shop/orders/contract";
import { payments } from "@shop/payments/contract";
import { type Command, commandsOf } from "@weft/events";
import { invoke, newTrace, PROBLEM_TYPE, rootContext } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { eventOf } from "@weft/testkit/event";
import { TestQueue } from "@weft/testkit/queue";
import { serve } from "@weft/testkit/serve";
import { notifications } from "./contract.ts";
import worker from "./index.ts";

const total = { amount: 1_999, currency: "EUR" };
const facts = (orderId: string, userId: string) => ({
  orderId,
  userId,
  items: [{ productId: "prod_001", name: "Lamp", quantity: 1, price: total }],
  total,
  reason: "OUT_OF_STOCK",
});

type OrderEventType = "order.confirmed" | "order.rejected" | "order.cancelled";

export const orderEvent = (type: OrderEventType, orderId = "ord_1", userId = "usr_1") =>
  eventOf(orders, type, orderId, facts(orderId, userId));
export const refunded = (orderId = "ord_1") =>
  eventOf(payments, "payment.refunded", orderId, { orderId, amount: total });

/** The Worker with a users service and a mail API that can fail. */
export function startNotifications() {
  const DB = d1("migrations/notifications");
  const wakes = new TestQueue();
  const mailApi = { status: 200, requests: [] as { key: string | null; to: string; subject: string }[] };
  const users = { down: false, unknown: false, asked: 0, traces: [] as string[] };
  const env = {
    DB,
    NOTIFICATIONS_TASKS: wakes,
    MAIL_TRANSPORT: "http",
    MAIL_API_URL: "https://mail.test/send",
    MAIL_API_TOKEN: "t0k3n",
    USERS: {
      async fetch(request: Request) {
        users.asked++;
        users.traces.push(request.headers.get("traceparent")?.split("-")[1] ?? "");
        if (users.down) throw new Error("users is down");
        if (users.unknown) {
          const problem = JSON.stringify({ code: "USER_NOT_FOUND", status: 404 });
          return new Response(problem, { status: 404, headers: { "content-type": PROBLEM_TYPE } });
        }
        const id = new URL(request.url).pathname.split("/").at(-2);
        return Response.json({ id, email: `${id}@example.com`, name: "Ada" });
      },
    },
  };
  const served = serve(worker, env);
  /** Delivers the messages that this service has sent to itself. */
  async function wake() {
    await served.settled();
    for (let bodies = wakes.drain(); bodies.length > 0; bodies = wakes.drain()) {
      await served.queue("notifications-tasks", bodies);
      await served.settled();
    }
  }
  const operator = { sub: "operator", scopes: ["operator"] };

  return {
    DB,
    served,
    mailApi,
    users,
    env,
    /** Stands in for the global fetch, which the HTTP transport uses. */
    fetch: async (url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const request = new Request(url, init);
      const { to, subject } = (await request.json()) as { to: string; subject: string };
      mailApi.requests.push({ key: request.headers.get("idempotency-key"), to, subject });
      return new Response(null, { status: mailApi.status });
    },
    async deliver(...events: unknown[]) {
      const settlements = await served.queue("notifications-events", events);
      await wake();
      return settlements;
    },
    /** Leaves a command, as another service does. */
    async command(command: Command) {
      const transport = served.binding("users");
      const commands = commandsOf("notifications");
      await invoke(commands, { commands: [command] }, transport, rootContext(newTrace()));
      await wake();
    },
    sweep: () => served.cron(new Date()),
    list: (input: { limit?: number; cursor?: string } = {}) =>
      served.client(notifications, { caller: "gateway", principal: operator }).list(input),
  };
}
