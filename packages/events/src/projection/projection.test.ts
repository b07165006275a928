import { replicatedD1 } from "@weft/testkit/d1";
import { client as connectTo, newTrace, rootContext } from "@weft/mesh";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deadLettersOf } from "../dead-letters/contract.ts";
import { broken, fold, openBank, type Payment } from "./fixture/bank.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "warn").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
  broken.throws = false;
});

const many = (count: number): Payment[] =>
  Array.from({ length: count }, (_, n) => ({ account: `a${n % 7}`, amount: n }));

describe("a projection", () => {
  it("applies what the queue brings, without asking the publisher", async () => {
    const bank = openBank();
    bank.env["BANK"] = { fetch: () => Promise.reject(new Error("down")) };
    await bank.pay(...many(30));
    expect(new Set(await bank.deliver(...(await bank.messages())))).toEqual(new Set(["acked"]));
    expect(await bank.accounts()).toEqual(fold(bank.paid));
    expect(await bank.position()).toBe(30);
  });

  it("reads the log over a gap, as far as the newest message", async () => {
    const bank = openBank();
    await bank.pay(...many(250));
    expect(await bank.deliver((await bank.messages())[120])).toEqual(["acked"]);
    expect(await bank.position()).toBeGreaterThanOrEqual(121);
    await bank.side.cron(new Date());
    expect(await bank.accounts()).toEqual(fold(bank.paid));
  });

  it("asks for another delivery of what is behind a gap while the log cannot be read", async () => {
    const bank = openBank();
    await bank.pay(...many(4));
    const [first, , third] = await bank.messages();
    const log = bank.env["BANK"];
    bank.env["BANK"] = { fetch: () => Promise.reject(new Error("down")) };
    expect(await bank.deliver(third, first)).toEqual(["retried", "acked"]);
    expect(await bank.accounts()).toEqual(fold(bank.paid.slice(0, 1)));
    bank.env["BANK"] = log;
    expect(await bank.deliver(third)).toEqual(["acked"]);
    expect(await bank.position()).toBe(4);
  });

  it("settles what is no event, and what it has no use for", async () => {
    const bank = openBank();
    await bank.pay(...many(1));
    const [event] = await bank.messages();
    const stranger = { ...(event as object), source: "/services/stranger" };
    expect(await bank.deliver("what?", stranger, event)).toEqual(["retried", "acked", "acked"]);
  });

  it("keeps what the queue has given up, unless it is an event, which the log has", async () => {
    const bank = openBank();
    await bank.pay(...many(1));
    const [event] = await bank.messages();
    expect(await bank.side.queue("statements-events-dlq", ["what?", event])).toEqual(["acked", "acked"]);
    const { items } = await connectTo(
      deadLettersOf("statements"),
      bank.side.binding("control"),
      rootContext(newTrace()),
    ).deadLetters({});
    expect(items).toMatchObject([{ source: "statements-events", status: "dead" }]);
    await bank.side.cron(new Date());
    expect(await bank.accounts()).toEqual(fold(bank.paid));
  });

  it("equals the fold over the log, whatever the queue drops, repeats or reorders, with any number of appliers", async () => {
    const payment = fc.record({
      account: fc.constantFrom("a", "b", "c"),
      amount: fc.integer({ min: 1, max: 99 }),
    });
    const step = fc.oneof(
      fc.record({
        do: fc.constant("pay" as const),
        payments: fc.array(payment, { minLength: 1, maxLength: 8 }),
      }),
      // Each delivery is a batch; those of one step are under way at the same time.
      fc.record({
        do: fc.constant("deliver" as const),
        batches: fc.array(fc.array(fc.nat(60), { maxLength: 6 }), { maxLength: 4 }),
      }),
      fc.record({ do: fc.constant("read" as const), times: fc.integer({ min: 1, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const bank = openBank();
        for (const each of steps) {
          if (each.do === "pay") await bank.pay(...each.payments);
          if (each.do === "deliver") {
            const messages = await bank.messages();
            const picked = each.batches.map((batch) => batch.flatMap((n) => messages[n] ?? []));
            await Promise.all([...picked.map((batch) => bank.deliver(...batch)), bank.side.cron(new Date())]);
          }
          if (each.do === "read") {
            const answers = await Promise.all(
              Array.from({ length: each.times }, () => bank.read({ newest: true })),
            );
            for (const answer of answers)
              expect(answer).toEqual({ upToDate: true, accounts: fold(bank.paid) });
          }
          const at = Number(await bank.position());
          expect(await bank.accounts()).toEqual(fold(bank.paid.slice(0, at)));
        }
        await bank.side.cron(new Date());
        expect(await bank.accounts()).toEqual(fold(bank.paid));
      }),
      { numRuns: 60 },
    );
  });

  it("takes more events than one batch or one call holds", async () => {
    const bank = openBank();
    await bank.pay(...many(1_250));
    expect((await bank.read({ newest: true })).upToDate).toBe(false);
    expect(await bank.read({ newest: true })).toEqual({ upToDate: true, accounts: fold(bank.paid) });
  });

  it("does not hold more large events in memory than there is room for", async () => {
    const bank = openBank();
    await bank.pay(...many(25).map((payment) => ({ ...payment, note: "x".repeat(70_000) })));
    const log = bank.env["BANK"] as Fetcher;
    let [now, most, all] = [0, 0, 0];
    bank.env["BANK"] = {
      async fetch(request: Request) {
        if (!/events\/./.test(new URL(request.url).pathname)) return log.fetch(request);
        all++;
        most = Math.max(most, ++now);
        const answer = await log.fetch(request);
        now--;
        return answer;
      },
    };
    await bank.side.cron(new Date());
    expect([most, all]).toEqual([10, 25]);
    expect(await bank.accounts()).toEqual(fold(bank.paid));
  });

  it("does not trust its position when the publisher's log was restored to an earlier state", async () => {
    const bank = openBank();
    await bank.pay(...many(3));
    await bank.read({ newest: true });
    await bank.bankDb.exec("DELETE FROM events");
    expect((await bank.read({ newest: true })).upToDate).toBe(false);
  });
});

describe("reading one's own writes from a projection", () => {
  const counted = (bank: ReturnType<typeof openBank>) => {
    const log = bank.env["BANK"] as { fetch(request: Request): Promise<Response> };
    let reads = 0;
    bank.env["BANK"] = { fetch: (request: Request) => (reads++, log.fetch(request)) };
    return () => reads;
  };

  it("waits for what the token names, and asks the publisher for no more than that", async () => {
    const bank = openBank();
    await bank.pay(...many(5));
    const reads = counted(bank);
    expect(await bank.read()).toEqual({ upToDate: true, accounts: {} });
    expect(reads()).toBe(0);
    expect(await bank.readAs("bank@5")).toEqual({ upToDate: true, accounts: fold(bank.paid) });
    expect(reads()).toBe(1);
    await bank.pay(...many(3));
    expect((await bank.readAs("bank@5")).accounts).toEqual(fold(bank.paid.slice(0, 5)));
    expect(reads()).toBe(1);
  });

  it("says so if it could not get there", async () => {
    const bank = openBank();
    await bank.pay(...many(2));
    bank.env["BANK"] = { fetch: () => Promise.reject(new Error("down")) };
    expect(await bank.readAs("bank@2")).toEqual({ upToDate: false, accounts: {} });
    expect((await bank.readAs("other@2,nonsense")).upToDate).toBe(true);
  });

  it("takes a token from beyond the log's end for the end", async () => {
    const bank = openBank();
    await bank.pay(...many(2));
    expect(await bank.readAs("bank@999999")).toEqual({ upToDate: true, accounts: fold(bank.paid) });
  });

  it("sees what it has caught up with, though the replica that it began with does not", async () => {
    const db = replicatedD1(`${import.meta.dirname}/fixture`);
    const bank = openBank(db);
    await bank.pay(...many(2));
    expect(await bank.readAs("bank@2")).toEqual({ upToDate: true, accounts: fold(bank.paid) });
    expect((await bank.read()).accounts).toEqual({});
    expect(await bank.read({ newest: true })).toEqual({ upToDate: true, accounts: fold(bank.paid) });
    db.replicate();
    expect((await bank.read()).accounts).toEqual(fold(bank.paid));
  });
});

describe("an event that cannot be applied", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());
  const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

  /** 7 makes the handler throw, a negative amount the database refuse. */
  describe.each([7, -1])("(%s)", (amount) => {
    const payments = [
      { account: "a", amount: 1 },
      { account: "bad", amount: 2 },
      { account: "bad", amount },
      { account: "bad", amount: 3 },
      { account: "b", amount: 4 },
    ];

    it("is tried three times, then passed over with its subject's later events, and holds up nobody else", async () => {
      broken.throws = true;
      const bank = openBank();
      await bank.pay(...payments);
      for (let minute = 0; minute < 3; minute++) {
        expect(await bank.position()).toBe(minute === 0 ? 0 : 2);
        await bank.side.cron(new Date());
        await bank.side.cron(new Date());
        later(60_000);
      }
      expect(await bank.position()).toBe(5);
      expect(await bank.accounts()).toEqual(fold(payments.toSpliced(2, 2)));
      expect(await bank.letters()).toMatchObject([
        { sequence: 3, status: "dead", attempts: 3 },
        { sequence: 4, status: "dead", attempts: 0 },
      ]);
      await bank.pay({ account: "bad", amount: 5 }, { account: "a", amount: 6 });
      await bank.side.cron(new Date());
      expect((await bank.accounts())["bad"]).toBe(2);
      expect(await bank.position()).toBe(7);
    });

    it("does not make the queue deliver again what waits behind it", async () => {
      broken.throws = true;
      const bank = openBank();
      await bank.pay(...payments);
      const settled = await bank.deliver(...(await bank.messages()));
      expect(new Set(settled)).toEqual(new Set(["acked"]));
      expect(await bank.position()).toBe(2);
    });
  });

  it("is applied, and forgotten as a failure, once that is possible", async () => {
    broken.throws = true;
    const bank = openBank();
    await bank.pay({ account: "a", amount: 7 }, { account: "a", amount: 8 });
    await bank.side.cron(new Date());
    expect((await bank.read({ newest: true })).upToDate).toBe(false);
    expect(await bank.letters()).toMatchObject([{ sequence: 1, status: "failing", attempts: 1 }]);
    broken.throws = false;
    later(60_000);
    expect(await bank.read({ newest: true })).toEqual({ upToDate: true, accounts: fold(bank.paid) });
    expect(await bank.letters()).toEqual([]);
  });

  it("is not blamed for a database that is overloaded now and then", async () => {
    const bank = openBank();
    await bank.pay({ account: "a", amount: 1 });
    const batch = bank.db.batch.bind(bank.db);
    const spy = vi.spyOn(bank.db, "batch").mockImplementation(async (statements) => {
      // That of the event has the guard, the row and the cursor.
      if (statements.length > 2)
        throw new Error("D1_ERROR: D1 DB is overloaded. Requests queued for too long.");
      return (await batch(statements)) as never;
    });
    for (let minute = 0; minute < 10; minute++) {
      await bank.side.cron(new Date());
      later(60_000);
    }
    spy.mockRestore();
    expect(await bank.letters()).toEqual([]);
    await bank.side.cron(new Date());
    expect(await bank.accounts()).toEqual(fold(bank.paid));
  });

  it("is passed over if its publisher has its data no more, and waited for while they cannot be had", async () => {
    const bank = openBank();
    const large = { account: "large", amount: 1, note: "x".repeat(70_000) };
    await bank.pay({ account: "a", amount: 1 }, large, { account: "b", amount: 2 });
    const log = bank.env["BANK"] as Fetcher;
    let [status, code] = [503, "UNAVAILABLE"];
    bank.env["BANK"] = {
      fetch(request: Request) {
        if (!/events\/./.test(new URL(request.url).pathname)) return log.fetch(request);
        const headers = { "content-type": "application/problem+json" };
        return Promise.resolve(Response.json({ status, code }, { status, headers }));
      },
    };
    await bank.side.cron(new Date());
    expect(await bank.letters()).toEqual([]);
    [status, code] = [404, "NOT_FOUND"];
    for (let minute = 0; minute < 3; minute++) {
      await bank.side.cron(new Date());
      later(60_000);
    }
    expect(await bank.accounts()).toEqual(fold(bank.paid.filter((payment) => payment !== large)));
    expect(await bank.letters()).toMatchObject([{ sequence: 2, status: "dead", attempts: 3 }]);
  });
});
