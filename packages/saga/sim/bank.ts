import { database } from "@weft/events";
import { bindings, command, contract, MeshError, service } from "@weft/mesh";
import { fence } from "../src/participant/fence.ts";
import { sagaFence } from "../src/participant/schema.ts";
import { saga } from "../src/definition.ts";
import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { eq, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import * as z from "zod";

const Booking = z.object({ account: z.string(), amount: z.int().min(1) });
const Booked = z.object({ account: z.string() });
const allow = ["transfers"];

/** A bank's public face. */
const bankContract = (name: string) =>
  contract(name, {
    withdraw: command("POST /internal/withdrawals", {
      input: Booking,
      output: Booked,
      errors: { INSUFFICIENT_FUNDS: 409 },
      timeout: 1_000,
      fenced: "do",
      allow,
    }),
    giveBack: command("POST /internal/withdrawals/undo", {
      input: Booking,
      output: Booked,
      timeout: 1_000,
      fenced: "undo",
      allow,
    }),
    deposit: command("POST /internal/deposits", {
      input: Booking,
      output: Booked,
      errors: { ACCOUNT_UNKNOWN: 404 },
      timeout: 1_000,
      fenced: "do",
      allow,
    }),
  });
export const contracts = { north: bankContract("north"), south: bankContract("south") };

export const Transfer = z.object({ from: z.string(), to: z.string(), amount: z.int().min(1) });
const { north, south } = contracts;

/** Money leaves an account in the north and comes to one in the south; if it cannot, it is given back. */
export const transfer = saga("transfer", { version: 1, input: Transfer })
  .compensatable("withdraw", north.operations.withdraw, {
    input: ({ input: { from, amount } }) => ({ account: from, amount }),
    undo: {
      operation: north.operations.giveBack,
      input: ({ input: { from, amount } }) => ({ account: from, amount }),
    },
  })
  .pivot("deposit", south.operations.deposit, {
    input: ({ input: { to, amount } }) => ({ account: to, amount }),
  });

const accounts = sqliteTable("accounts", {
  id: text("id").primaryKey(),
  balance: integer("balance").notNull(),
});
const schema = { sagaFence, accounts };

/** A bank with its database and the real fence. */
export async function openBank(name: keyof typeof contracts, balances: Readonly<Record<string, number>>) {
  const DB = d1("migrations/payments");
  await DB.exec("CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0))");
  for (const [id, balance] of Object.entries(balances))
    await DB.prepare("INSERT INTO accounts VALUES (?, ?)").bind(id, balance).run();
  const worker = service(contracts[name], {
    use: [bindings<{ DB: D1Database }>(), database({ schema }), fence()],
    handlers: {
      withdraw: async ({ input: { account, amount }, db, tx }) => {
        tx.reject("CHECK constraint failed", () => new MeshError("INSUFFICIENT_FUNDS", { status: 409 }));
        tx.add(
          db
            .update(accounts)
            .set({ balance: sql`${accounts.balance} - ${amount}` })
            .where(eq(accounts.id, account)),
        );
        return { account };
      },
      giveBack: async ({ input: { account, amount }, db, tx }) => {
        tx.add(
          db
            .update(accounts)
            .set({ balance: sql`${accounts.balance} + ${amount}` })
            .where(eq(accounts.id, account)),
        );
        return { account };
      },
      deposit: async ({ input: { account, amount }, db, tx }) => {
        const known = await db.select().from(accounts).where(eq(accounts.id, account));
        if (known.length === 0) throw new MeshError("ACCOUNT_UNKNOWN", { status: 404 });
        tx.add(
          db
            .update(accounts)
            .set({ balance: sql`${accounts.balance} + ${amount}` })
            .where(eq(accounts.id, account)),
        );
        return { account };
      },
    },
  });
  const client = serve(worker, { DB }).client(contracts[name], { caller: "transfers" });
  return {
    client,
    async balances(): Promise<Record<string, number>> {
      const { results } = await DB.prepare("SELECT id, balance FROM accounts").all<{
        id: string;
        balance: number;
      }>();
      return Object.fromEntries(results.map(({ id, balance }) => [id, balance]));
    },
  };
}
