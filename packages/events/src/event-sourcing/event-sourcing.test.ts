import { contract, event, meshError } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { scope } from "@weft/testkit/scope";
import { drizzle } from "drizzle-orm/d1";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { schema } from "../fixture/shop.ts";
import { type Aggregate, append, load, publisher, transact, type Tx } from "../index.ts";

const bank = contract(
  "bank",
  {},
  {
    events: {
      "account.deposited": event({
        version: 2,
        data: z.object({ cents: z.int() }),
        upcasters: { 1: ({ euros }: { euros: number }) => ({ cents: euros * 100 }) },
      }),
      "account.withdrawn": z.object({ cents: z.int() }),
      "account.noted": z.object({ text: z.string() }),
    },
  },
);
interface Account {
  cents: number;
  movements: number;
}
const plain: Aggregate<Account, typeof bank.events> = {
  name: "account",
  contract: bank,
  initial: { cents: 0, movements: 0 },
  apply: {
    "account.deposited": ({ cents, movements }, { data }) => ({
      cents: cents + data.cents,
      movements: movements + 1,
    }),
    "account.withdrawn": ({ cents, movements }, { data }) => ({
      cents: cents - data.cents,
      movements: movements + 1,
    }),
  },
};
const account = { ...plain, snapshots: { every: 3, version: 1 } };

function open() {
  const DB = d1(`${import.meta.dirname}/../fixture`);
  const db = drizzle(DB, { schema });
  const log = { publisher: publisher(bank, { to: {} }) };
  const write = <T>(work: (tx: Tx<typeof bank.events>) => Promise<T>) => transact(scope(), db, log, work);
  return {
    DB,
    db,
    write,
    deposit: (aggregate: typeof plain, cents: number, expected?: number) =>
      write(async (tx) =>
        append(
          { db, tx },
          aggregate,
          await load(db, aggregate, "ada"),
          "account.deposited",
          { cents },
          {
            expected,
          },
        ),
      ),
    withdraw: (aggregate: typeof plain, cents: number, pause?: Promise<void>) =>
      write(async (tx) => {
        const found = await load(db, aggregate, "ada");
        await pause;
        if (found.state.cents < cents) throw meshError("CONFLICT", "There is not so much.");
        return append({ db, tx }, aggregate, found, "account.withdrawn", { cents });
      }),
    snapshots: () => db.select().from(schema.snapshots),
  };
}

let books: ReturnType<typeof open>;
beforeEach(() => {
  books = open();
});

describe("an event-sourced subject", () => {
  it("is its initial state before its first event, and then what its events make of it", async () => {
    expect(await load(books.db, account, "ada")).toEqual({
      subject: "ada",
      state: { cents: 0, movements: 0 },
      version: 0,
    });
    for (const cents of [10, 20, 30, 40]) await books.deposit(account, cents);
    expect(await load(books.db, account, "ada")).toMatchObject({
      state: { cents: 100, movements: 4 },
      version: 4,
    });
  });

  it("counts events that do not change it, so that the next one follows them", async () => {
    await books.write(async (tx) => {
      const found = await load(books.db, account, "ada");
      append({ db: books.db, tx }, account, found, "account.noted", { text: "hello" });
    });
    expect(await load(books.db, account, "ada")).toMatchObject({ state: { movements: 0 }, version: 1 });
    expect(await books.deposit(account, 5)).toMatchObject({ version: 2 });
  });

  it("takes several events in one unit of work", async () => {
    await books.write(async (tx) => {
      let now = await load(books.db, account, "ada");
      for (const cents of [1, 2, 3, 4])
        now = append({ db: books.db, tx }, account, now, "account.deposited", { cents });
    });
    expect(await load(books.db, account, "ada")).toMatchObject({ state: { cents: 10 }, version: 4 });
  });

  it("is decided on anew when somebody else was faster", async () => {
    await books.deposit(account, 100);
    const gate = Promise.withResolvers<void>();
    const late = books.withdraw(account, 80, gate.promise);
    await books.withdraw(account, 80);
    gate.resolve();
    await expect(late).rejects.toMatchObject({ code: "CONFLICT", detail: "There is not so much." });
    expect(await load(books.db, account, "ada")).toMatchObject({ state: { cents: 20 }, version: 2 });
  });

  it("is not decided on anew for somebody who says which version they have seen", async () => {
    await books.deposit(account, 1);
    await books.deposit(account, 1, 1);
    await expect(books.deposit(account, 1, 1)).rejects.toMatchObject({
      code: "CONFLICT",
      detail: "ada has come to version 2; this builds on 1.",
    });
  });

  it("reads old events as the newest version of their type", async () => {
    await books.deposit(account, 1);
    await books.DB.exec(`UPDATE events SET version = 1, data = '{"euros":7}'`);
    expect(await load(books.db, account, "ada")).toMatchObject({ state: { cents: 700 } });
  });
});

describe("a snapshot", () => {
  it("is taken after every so many events, and spares reading what is in it", async () => {
    for (let n = 0; n < 7; n++) await books.deposit(account, 1);
    expect(await books.snapshots()).toMatchObject([{ aggregate: "account", subject: "ada", version: 6 }]);
    await books.DB.exec("UPDATE events SET data = 'spoilt' WHERE subject_seq <= 6");
    expect(await load(books.db, account, "ada")).toMatchObject({ state: { cents: 7 }, version: 7 });
  });

  it("of a state of another shape is passed over, and replaced", async () => {
    for (let n = 0; n < 4; n++) await books.deposit(account, 1);
    await books.DB.exec(`UPDATE snapshots SET state = '{"euros":0}'`);
    const reshaped = { ...account, snapshots: { every: 3, version: 2 } };
    expect(await load(books.db, reshaped, "ada")).toMatchObject({ state: { cents: 4, movements: 4 } });
    for (let n = 0; n < 2; n++) await books.deposit(reshaped, 1);
    expect(await books.snapshots()).toMatchObject([{ version: 6, stateVersion: 2, state: { cents: 6 } }]);
  });

  it("is not taken of what was not written", async () => {
    const failing = books.write(async (tx) => {
      let now = await load(books.db, account, "ada");
      for (const cents of [1, 2, 3])
        now = append({ db: books.db, tx }, account, now, "account.deposited", { cents });
      throw new Error("The handler fails.");
    });
    await expect(failing).rejects.toThrow("The handler fails.");
    expect(await books.snapshots()).toEqual([]);
  });

  it("changes nothing: whatever happens, a subject with snapshots is as one without", async () => {
    const step = fc.record({
      deposit: fc.boolean(),
      cents: fc.integer({ min: 1, max: 100 }),
      version: fc.integer({ min: 1, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const shop = open();
        for (const { deposit, cents, version } of steps) {
          const aggregate = { ...account, snapshots: { every: 3, version } };
          if (deposit) await shop.deposit(aggregate, cents);
          else await shop.withdraw(aggregate, cents).catch(() => undefined);
          expect(await load(shop.db, aggregate, "ada")).toEqual(await load(shop.db, plain, "ada"));
        }
      }),
      { numRuns: 30 },
    );
  });
});
