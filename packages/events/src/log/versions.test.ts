import { contract, event, service } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { eventOf } from "@weft/testkit/event";
import { scope } from "@weft/testkit/scope";
import { serve } from "@weft/testkit/serve";
import { drizzle } from "drizzle-orm/d1";
import { beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import * as z from "zod";
import { schema } from "../fixture/shop.ts";
import { database, on, publisher, subscriptions, toEnvelope, transact } from "../index.ts";

const Placed = z.object({ orderId: z.string(), cents: z.int() });
/** The publisher as it was when it wrote version 1, and as it is. */
const before = contract(
  "orders",
  {},
  { events: { "order.placed": z.object({ orderId: z.string(), amount: z.number() }) } },
);
const today = contract(
  "orders",
  {},
  {
    events: {
      "order.placed": event({
        version: 2,
        data: Placed,
        upcasters: {
          1: ({ orderId, amount }: { orderId: string; amount: number }) => ({
            orderId,
            cents: Math.round(amount * 100),
          }),
        },
      }),
    },
  },
);

let seen: z.output<typeof Placed>[];
let deliver: (...bodies: unknown[]) => Promise<string[]>;
beforeEach(() => {
  seen = [];
  const subscriber = service(contract("billing", {}), {
    use: [
      database({ schema }),
      subscriptions({
        name: "billing",
        from: [
          on(today, {
            "order.placed": ({ event: { data } }) => {
              expectTypeOf(data).toEqualTypeOf<z.output<typeof Placed>>();
              seen.push(data);
            },
          }),
        ],
      }),
    ],
    handlers: {},
  });
  const served = serve(subscriber, { DB: d1(`${import.meta.dirname}/../fixture`) });
  deliver = (...bodies) => served.queue("billing-events", bodies);
});

describe("an event", () => {
  it("is logged as its newest version and says which one that is", async () => {
    const db = drizzle(d1(`${import.meta.dirname}/../fixture`), { schema });
    await transact(scope(), db, { publisher: publisher(today, { to: {} }) }, async (tx) =>
      tx.emit("order.placed", "a", { orderId: "a", cents: 1250 }),
    );
    const [row] = await db.select().from(schema.eventLog);
    expect(row?.version).toBe(2);
    expect(row && toEnvelope("orders", row).dataschema).toBe("urn:weft:orders:order.placed:2");
  });

  it("of an older version reaches handlers as the newest", async () => {
    const old = eventOf(before, "order.placed", "a", { orderId: "a", amount: 12.5 });
    expect(await deliver(old)).toEqual(["acked"]);
    expect(seen).toEqual([{ orderId: "a", cents: 1250 }]);
  });

  it("without a schema is version 1", async () => {
    const { dataschema: _, ...old } = eventOf(before, "order.placed", "a", { orderId: "a", amount: 12.5 });
    expect(await deliver(old)).toEqual(["acked"]);
    expect(seen).toEqual([{ orderId: "a", cents: 1250 }]);
  });

  it("of a newer version is read if that only adds, and else refused with the reason", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
    const newer = (id: string, data: object) => ({
      ...eventOf(today, "order.placed", id, { orderId: id, cents: 1 }, { id }),
      dataschema: "urn:weft:orders:order.placed:3",
      data,
    });
    expect(
      await deliver(
        newer("a", { orderId: "a", cents: 1, currency: "EUR" }),
        newer("b", { orderId: "b", price: {} }),
      ),
    ).toEqual(["acked", "retried"]);
    expect(seen).toEqual([{ orderId: "a", cents: 1 }]);
    expect(lines.join()).toContain("EVENT_TOO_NEW");
  });
});
