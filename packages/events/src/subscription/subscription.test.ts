import { expectTypeOf, it } from "vitest";
import { orders, type schema } from "../fixture/shop.ts";
import type { DatabaseResources } from "../database/database.ts";
import { publisher } from "../log/publisher.ts";
import { on } from "./subscription.ts";
import { subscriptions } from "./subscriptions.ts";

type Resources = DatabaseResources<typeof schema, (typeof orders)["events"]> & { env: { KEY: string } };

it("types events by the contract and handlers by the service's resources", () => {
  subscriptions<Resources>({
    name: "test",
    from: [
      on(orders, {
        "order.placed": ({ event, tx, env }) => {
          expectTypeOf(event.type).toEqualTypeOf<"order.placed">();
          expectTypeOf(event.data).toEqualTypeOf<{
            orderId: string;
            amount: number;
            note?: string | undefined;
          }>();
          expectTypeOf(env.KEY).toBeString();
          expectTypeOf<Parameters<typeof tx.emit>[0]>().toEqualTypeOf<
            "order.placed" | "order.cancelled" | "order.noted"
          >();
        },
        // @ts-expect-error -- not an event of the contract
        "order.unheard": () => undefined,
      }),
    ],
  });
  on(orders, { "order.cancelled": ({ event }) => event.data.amount.toFixed(2) });
  publisher(orders, {
    // @ts-expect-error -- not an event of the contract
    to: { QUEUE: ["order.unheard"] },
  });
});
