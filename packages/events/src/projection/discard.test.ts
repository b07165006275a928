import { client as connectTo, newTrace, rootContext } from "@weft/mesh";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deadLettersOf } from "../dead-letters/contract.ts";
import { broken, fold, openBank } from "./fixture/bank.ts";

const MINUTE = 60_000;
const name = "balances";
const payments = [
  { account: "a", amount: 1 },
  { account: "a", amount: 7 },
  { account: "a", amount: 2 },
  { account: "b", amount: 3 },
];
const withoutSeven = payments.toSpliced(1, 1);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000_000_000 });
  for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockReturnValue();
  broken.throws = true;
});
afterEach(() => void vi.useRealTimers());

async function open() {
  const bank = openBank();
  await bank.pay(...payments);
  const operator = connectTo(
    deadLettersOf("statements"),
    bank.side.binding("control"),
    rootContext(newTrace()),
  );
  return {
    ...bank,
    minutes: async (count: number) => {
      for (let minute = 0; minute < count; minute++) {
        await bank.side.cron(new Date());
        await bank.steps();
        vi.setSystemTime(Date.now() + MINUTE);
      }
    },
    async discard(prefix = `${name}:`) {
      const { items } = await operator.deadLetters({});
      for (const { id, messageId } of items)
        if (messageId.startsWith(prefix)) await operator.discardDeadLetter({ id, reason: "a test" });
    },
    statuses: async () => (await operator.deadLetters({})).items.map(({ status }) => status),
  };
}

describe("a projection's event that an operator has discarded", () => {
  it("is passed over while it is still tried, and its subject's later events are applied", async () => {
    const bank = await open();
    await bank.minutes(1);
    expect(await bank.statuses()).toEqual(["failing"]);
    await bank.discard();
    await bank.minutes(5);
    expect(await bank.accounts()).toEqual(fold(withoutSeven));
    expect(await bank.statuses()).toEqual(["discarded"]);
  });

  it("stays discarded though it could be applied by now", async () => {
    const bank = await open();
    await bank.minutes(1);
    await bank.discard();
    broken.throws = false;
    await bank.minutes(2);
    expect(await bank.accounts()).toEqual(fold(withoutSeven));
    expect(await bank.statuses()).toEqual(["discarded"]);
  });

  it.each([true, false])(
    "in the middle of an attempt is what counts: the attempt fails: %s",
    async (fails) => {
      const bank = await open();
      await bank.minutes(1);
      broken.throws = fails;
      const batch = bank.db.batch.bind(bank.db);
      let discarded = false;
      vi.spyOn(bank.db, "batch").mockImplementation(async (statements) => {
        if (!discarded) {
          discarded = true;
          await bank.discard();
        }
        return (await batch(statements)) as never;
      });
      await bank.minutes(5);
      expect(discarded).toBe(true);
      expect(await bank.accounts()).toEqual(fold(withoutSeven));
      expect(await bank.statuses()).toEqual(["discarded"]);
    },
  );

  it("is passed over by rebuilds as well, however late, so that they lack no more than what is read", async () => {
    const bank = await open();
    await bank.minutes(1);
    await bank.discard();
    await bank.minutes(5);
    vi.setSystemTime(Date.now() + 40 * 24 * 60 * MINUTE);
    await bank.minutes(1);
    await bank.control.rebuildProjection({ name });
    await bank.minutes(6);
    expect(await bank.report()).toMatchObject({ rebuild: { state: "done" } });
    expect(await bank.accounts()).toEqual(fold(withoutSeven));
    expect(await bank.statuses()).toEqual(["discarded"]);
  });

  it("does not come back by a rebuild that has failed on it before", async () => {
    const bank = await open();
    await bank.minutes(1);
    await bank.control.rebuildProjection({ name });
    await bank.minutes(1);
    expect(await bank.statuses()).toHaveLength(2);
    await bank.discard();
    await bank.minutes(6);
    expect(await bank.report()).toMatchObject({ rebuild: { state: "done" } });
    expect(await bank.accounts()).toEqual(fold(withoutSeven));
    expect(await bank.statuses()).toEqual(["discarded"]);
  });
});
