import { client as connectTo, newTrace, rootContext } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deadLettersOf } from "../dead-letters/contract.ts";
import { broken, fold, openBank, type Payment } from "./fixture/bank.ts";

const MINUTE = 60_000;
const name = "balances";
const payments = [
  { account: "a", amount: 1 },
  { account: "a", amount: 7 },
  { account: "b", amount: 3 },
  { account: "a", amount: 2 },
];
const withoutDead = payments.filter((_, n) => n === 0 || n === 2);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000_000_000 });
  for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockReturnValue();
  broken.throws = true;
});
afterEach(() => void vi.useRealTimers());

function open(order: "log" | "subject" = "subject") {
  const bank = openBank(d1(`${import.meta.dirname}/fixture`), order);
  const desk = connectTo(deadLettersOf("statements"), bank.side.binding("control"), rootContext(newTrace()));
  const opened = {
    ...bank,
    desk,
    /** The oldest event's first. */
    async all() {
      const { items } = await desk.deadLetters({ limit: 200 });
      return items.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
    },
    statuses: async () => (await opened.all()).map(({ status }) => status),
    async replay(nth: number) {
      const id = (await opened.all()).at(nth)?.id ?? "";
      const { status, failures } = await desk.replayDeadLetter({ id });
      return { status, error: failures.at(-1)?.error };
    },
    async minutes(count: number) {
      for (let minute = 0; minute < count; minute++) {
        await bank.side.cron(new Date());
        await bank.steps();
        vi.setSystemTime(Date.now() + MINUTE);
      }
    },
    /** Events of which those are dead that cannot be applied, and what comes after them. */
    async dead(...paid: Payment[]) {
      await bank.pay(...paid);
      await opened.minutes(8);
      broken.throws = false;
    },
  };
  return opened;
}

describe("a projection's dead event", () => {
  it("is applied by a replay after the fix, and its subject goes on", async () => {
    const bank = open();
    await bank.dead(...payments);
    expect(await bank.accounts()).toEqual(fold(withoutDead));
    expect(await bank.replay(0)).toMatchObject({ status: "replayed" });
    expect(await bank.accounts()).toEqual(fold(payments.slice(0, 3)));
    expect(await bank.replay(1)).toMatchObject({ status: "replayed" });
    await bank.pay({ account: "a", amount: 4 });
    await bank.minutes(1);
    expect(await bank.accounts()).toEqual(fold(bank.paid));
    expect(await bank.statuses()).toEqual(["replayed", "replayed"]);
  });

  it("is applied once, however often and at once it is replayed", async () => {
    const bank = open();
    await bank.dead(...payments);
    const replayed = await Promise.all([0, 1, 1, 0, 1].map((nth) => bank.replay(nth)));
    expect(new Set(replayed.map(({ status }) => status))).toContain("replayed");
    await bank.replay(1);
    expect(await bank.accounts()).toEqual(fold(payments));
    expect(await bank.statuses()).toEqual(["replayed", "replayed"]);
  });

  it("takes those with it that died before it, and says which of them still fails", async () => {
    const bank = open();
    await bank.dead(...payments);
    broken.throws = true;
    const [first, last] = await bank.all();
    const failed = await bank.replay(1);
    expect(failed).toMatchObject({ status: "dead", error: expect.stringContaining(first?.id ?? "none") });
    expect(failed.error).toContain("fails on a seven");
    expect((await bank.desk.deadLetter({ id: last?.id ?? "" })).attempts).toBe(1);
    expect(await bank.accounts()).toEqual(fold(withoutDead));
    broken.throws = false;
    expect(await bank.replay(1)).toMatchObject({ status: "replayed" });
    expect(await bank.accounts()).toEqual(fold(payments));
    expect(await bank.statuses()).toEqual(["replayed", "replayed"]);
  });

  it("stays dead if it still fails, by the handler or by the database", async () => {
    const bank = open();
    await bank.dead({ account: "a", amount: 7 }, { account: "b", amount: -1 });
    broken.throws = true;
    expect(await bank.replay(0)).toEqual({ status: "dead", error: expect.stringContaining("a seven") });
    expect(await bank.replay(1)).toEqual({
      status: "dead",
      error: expect.stringContaining("digest_positive"),
    });
    expect(await bank.accounts()).toEqual({});
  });

  it("is settled in bounded pieces, if many died before it", async () => {
    const bank = open();
    const many = Array.from({ length: 70 }, (_, n) => ({ account: "a", amount: n + 7 }));
    await bank.dead(...many);
    expect(await bank.replay(-1)).toMatchObject({ status: "dead", error: expect.stringContaining("again") });
    expect(await bank.replay(-1)).toMatchObject({ status: "replayed" });
    expect(await bank.accounts()).toEqual(fold(many));
  });

  it("that is still tried is tried at once, in its place", async () => {
    for (const order of ["log", "subject"] as const) {
      broken.throws = true;
      const bank = open(order);
      await bank.pay(...payments);
      await bank.side.cron(new Date());
      expect(await bank.statuses()).toEqual(["failing"]);
      broken.throws = false;
      expect(await bank.replay(0)).toMatchObject({ status: "replayed" });
      expect(await bank.position()).toBe(2);
      await bank.minutes(1);
      expect(await bank.accounts()).toEqual(fold(payments));
    }
  });

  it("is not replayed where the order of the whole log counts: the answer says what to do", async () => {
    const bank = open("log");
    await bank.dead(...payments);
    const { status, error } = await bank.replay(0);
    expect(status).toBe("dead");
    expect(error).toContain("POST /_weft/projections/statements/balances/rebuild");
    expect(error).toContain(`weft dlq discard statements/${(await bank.all())[0]?.id}`);
    expect(await bank.accounts()).toEqual(fold(withoutDead));
    await bank.control.rebuildProjection({ name });
    await bank.minutes(1);
    expect(await bank.accounts()).toEqual(fold(payments));
  });

  it("is what the log says: it cannot be edited", async () => {
    const bank = open();
    await bank.dead(...payments);
    const [letter] = await bank.all();
    const { id, body } = await bank.desk.deadLetter({ id: letter?.id ?? "" });
    await expect(bank.desk.editDeadLetter({ id, body })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("of a rebuild is left to the rebuild", async () => {
    const bank = open();
    await bank.dead(...payments);
    broken.throws = true;
    await bank.control.rebuildProjection({ name });
    await bank.steps();
    const shadow = (await bank.all()).findIndex(({ messageId }) => messageId.includes("/shadow:"));
    expect(await bank.replay(shadow)).toMatchObject({ error: expect.stringContaining("rebuild") });
  });

  it("is not applied to what a rebuild has made of it meanwhile", async () => {
    const bank = open();
    await bank.dead(...payments);
    await bank.control.rebuildProjection({ name });
    const batch = bank.db.batch.bind(bank.db);
    let rebuilt = false;
    vi.spyOn(bank.db, "batch").mockImplementation(async (statements) => {
      // The replay's own, with its guard, the row and the letter.
      if (!rebuilt && statements.length === 3) {
        rebuilt = true;
        await bank.steps();
      }
      return (await batch(statements)) as never;
    });
    expect(await bank.replay(0)).toMatchObject({ status: "replayed" });
    expect(rebuilt).toBe(true);
    expect((await bank.report())?.rebuild?.state).toBe("done");
    expect(await bank.accounts()).toEqual(fold(payments));
  });

  it("does not hold an event that is about to die behind it", async () => {
    const bank = open();
    await bank.dead(...payments.slice(0, 3));
    await bank.pay({ account: "a", amount: 2 });
    const batch = bank.db.batch.bind(bank.db);
    let replayed = false;
    vi.spyOn(bank.db, "batch").mockImplementation(async (statements) => {
      if (!replayed) {
        replayed = true;
        expect(await bank.replay(0)).toMatchObject({ status: "replayed" });
      }
      return (await batch(statements)) as never;
    });
    await bank.minutes(1);
    expect(await bank.accounts()).toEqual(fold(payments));
    expect(await bank.statuses()).toEqual(["replayed"]);
  });

  it(
    "leaves the fold over the log, whatever is replayed, rebuilt and paid meanwhile",
    { timeout: 60_000 },
    async () => {
      const payment = fc.record({
        account: fc.constantFrom("a", "b"),
        amount: fc.integer({ min: 5, max: 8 }),
      });
      const some = fc.array(payment, { minLength: 1, maxLength: 6 });
      const step = fc.oneof(
        fc.record({ do: fc.constant("pay" as const), payments: some }),
        fc.record({ do: fc.constant("replay" as const), nths: fc.array(fc.nat(6), { maxLength: 4 }) }),
        fc.constant({ do: "rebuild" as const }),
        fc.record({ do: fc.constant("wait" as const), broken: fc.boolean() }),
      );
      await fc.assert(
        fc.asyncProperty(some, fc.array(step, { maxLength: 8 }), async (first, steps) => {
          const bank = open();
          broken.throws = true;
          await bank.dead({ account: "a", amount: 7 }, ...first);
          for (const each of steps) {
            if (each.do === "pay") await bank.pay(...each.payments);
            if (each.do === "rebuild") await bank.control.rebuildProjection({ name });
            if (each.do === "wait") {
              broken.throws = each.broken;
              await bank.minutes(4);
            }
            if (each.do === "replay") {
              const ids = (await bank.all()).map(({ id }) => id);
              const chosen = each.nths.flatMap((nth) => ids[nth] ?? []);
              await Promise.all([
                ...chosen.map((id) => bank.desk.replayDeadLetter({ id }).catch(() => undefined)),
                bank.side.cron(new Date()),
                bank.steps(),
              ]);
            }
          }
          broken.throws = false;
          await bank.minutes(4);
          for (const { id, status } of await bank.all())
            if (status === "dead") await bank.desk.replayDeadLetter({ id });
          expect(await bank.statuses()).not.toContain("dead");
          expect(await bank.accounts()).toEqual(fold(bank.paid));
        }),
        { numRuns: 60 },
      );
    },
  );
});
