import { drizzle } from "drizzle-orm/d1";
import { serve } from "@weft/testkit/serve";
import { meteredD1, meteredQueue, nothing } from "./metered.ts";
import { scenarios } from "./scenarios.ts";
import * as schema from "./schema.ts";
import { booksContract, booksWorker, ordersWorker } from "./services.ts";

/** `DB` is the one with little in it, the others are named for how many events are in their log. */
export interface Env {
  readonly DB: D1Database;
  readonly DB_10000: D1Database;
  readonly DB_100000: D1Database;
  readonly DB_1000000: D1Database;
  readonly QUEUE: Queue;
  readonly OWN_QUEUE: Queue;
}
export type DatabaseName = "DB" | "DB_10000" | "DB_100000" | "DB_1000000";

/** A line for each event would be most of what is measured. */
console.log = () => undefined;

/** The rebuild's log is one of the large ones, its projection is in the small database. */
const booksEnv = (env: Env) => ({
  DB: env.DB,
  OWN_QUEUE: env.OWN_QUEUE,
  ORDERS: serve(ordersWorker, { DB: env.DB_100000 }).binding("books"),
});

/** Runs one scenario per request and answers with what it used; the time is taken outside. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const books = serve(booksWorker, booksEnv(env));
    const as = (caller: string) => books.client(booksContract, { caller });
    if (pathname === "/read") return Response.json(await as("bench").read({}));
    if (pathname === "/rebuild") {
      const report = await as("control").rebuildProjection({ name: "accounts" });
      await books.settled();
      return Response.json(report);
    }
    if (pathname === "/report") return Response.json(await as("control").listProjections({}));

    const run = Object.hasOwn(scenarios, pathname.slice(1)) ? scenarios[pathname.slice(1)] : undefined;
    if (!run) return new Response(null, { status: 404 });
    const usage = nothing();
    const db = meteredD1(env[(searchParams.get("db") ?? "DB") as DatabaseName], usage);
    const queue = meteredQueue(env.QUEUE, usage);
    const number = (name: string) => Number(searchParams.get(name));
    const range = { start: number("start"), count: number("count"), stride: number("stride") };
    await run({ d1: db, db: drizzle(db, { schema }), queue, ...range });
    return Response.json(usage);
  },

  async queue(batch, env, ctx): Promise<void> {
    await booksWorker.queue?.(batch as never, booksEnv(env) as never, ctx);
  },
} satisfies ExportedHandler<Env>;
