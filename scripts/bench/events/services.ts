import { database, on, project, projection, projections, publisher, subscriptions } from "@weft/events";
import { contract, query, type ResourcesOf, service } from "@weft/mesh";
import { sql } from "drizzle-orm";
import * as z from "zod";
import { projectionOperations } from "@weft/events/projections";
import { FACTORS, MODULUS, type Placed } from "./fold.ts";
import * as schema from "./schema.ts";

const Order: z.ZodType<Placed> = z.object({ orderId: z.string(), account: z.string(), amount: z.int() });

export const orders = contract(
  "orders",
  {},
  { events: { "order.placed": Order }, readers: ["shipping", "books"] },
);
export const log = publisher(orders, { to: { QUEUE: "all" } });
export const ordersWorker = service(orders, { use: [database({ schema, publisher: log })], handlers: {} });

const shipping = contract("shipping", {});
const equipment = [database({ schema })] as const;
type Resources = ResourcesOf<typeof equipment>;
const reaction = (ordered: boolean) =>
  service(shipping, {
    use: [
      ...equipment,
      subscriptions<Resources>({
        name: "shipping",
        from: [
          on(
            orders,
            {
              "order.placed": ({ event: { data }, db, tx }) =>
                tx.add(db.insert(schema.shipments).values({ orderId: data.orderId, amount: data.amount })),
            },
            { ordered },
          ),
        ],
      }),
    ],
    handlers: {},
  });
export const shippingWorker = reaction(false);
export const orderedWorker = reaction(true);

export const booksContract = contract("books", {
  read: query("GET /internal/accounts", {
    output: z.object({ rows: z.array(z.tuple([z.string(), z.int()])) }),
    allow: ["bench"],
  }),
  ...projectionOperations,
});
const accountBook = projection<typeof schema.books.live>({
  name: "accounts",
  tables: schema.books,
  from: [
    project(orders, {
      "order.placed": ({ event: { data }, tables: { accounts }, write }) =>
        write
          .insert(accounts)
          .values({ account: data.account, digest: data.amount })
          .onConflictDoUpdate({
            target: accounts.account,
            set: { digest: sql`(${accounts.digest} * ${FACTORS.now} + excluded.digest) % ${MODULUS}` },
          }),
    }),
  ],
});
export const booksWorker = service(booksContract, {
  use: [database({ schema }), projections({ name: "books", all: [accountBook], queue: "OWN_QUEUE" })],
  handlers: {
    read: async ({ db }) => {
      const rows = await db.select().from(schema.accounts);
      return { rows: rows.map(({ account, digest }): [string, number] => [account, digest]) };
    },
    listProjections: ({ projections: all }) => all.list(),
    rebuildProjection: ({ input, projections: all }) => all.rebuild(input.name),
    cancelRebuild: ({ input, projections: all }) => all.cancelRebuild(input.name),
  },
});
