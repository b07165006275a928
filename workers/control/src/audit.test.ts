import { describe, expect, it } from "vitest";
import { audit } from "./audit.ts";

type Books = Parameters<typeof audit>[0];

const sound = {
  orders: {
    counts: { confirmed: 2, pending: 1 },
    open: ["ord_3"],
    confirmedTotal: 500,
    confirmedUnits: 5,
    version: 7,
  },
  money: { settled: 500, inFlight: 100, stranded: 0, ledgerSum: 0 },
  stock: { received: 1_000, onHand: 993, reserved: 1, inFlight: 2 },
};

/** Books that are read like the services', where the orders' version at each reading is given. */
function books({ versions = [7], ...changes }: { versions?: number[] } & Partial<typeof sound> = {}) {
  const { orders, money, stock } = { ...sound, ...changes };
  const asked: unknown[] = [];
  let reading = 0;
  const fakes = {
    orders: {
      audit: async () => ({ ...orders, version: versions[Math.min(reading++, versions.length - 1)] ?? 0 }),
    },
    payments: { audit: async (input: unknown) => (asked.push(input), money) },
    inventory: { audit: async (input: unknown) => (asked.push(input), stock) },
    checkout: { audit: async () => ({ sagas: { COMPLETED: 2 } }) },
  };
  return { fakes: fakes as unknown as Books, asked, readings: () => reading };
}

describe("audit", () => {
  it("balances sound books, counting open orders apart", async () => {
    const { fakes, asked } = books();
    expect(await audit(fakes)).toEqual({
      balanced: true,
      money: { expected: 500, actual: 500, inFlight: 100 },
      stock: { expected: 995, actual: 995, reserved: 1 },
      orders: { confirmed: 2, pending: 1 },
      sagas: { COMPLETED: 2 },
    });
    expect(asked).toEqual([{ open: ["ord_3"] }, { open: ["ord_3"] }]);
  });

  it.each([
    ["a cent too much was taken", { money: { ...sound.money, settled: 501 } }],
    ["money is held for an order that is over", { money: { ...sound.money, stranded: 1 } }],
    ["a ledger entry has no counterpart", { money: { ...sound.money, ledgerSum: -1 } }],
    ["a unit is gone", { stock: { ...sound.stock, onHand: 992 } }],
    ["a unit too many is there", { stock: { ...sound.stock, inFlight: 3 } }],
  ])("does not balance when %s", async (_, change) => {
    expect((await audit(books(change).fakes)).balanced).toBe(false);
  });

  it("reads again when an order changed in between", async () => {
    const { fakes, readings } = books({ versions: [7, 8, 9, 9] });
    expect(await audit(fakes)).not.toHaveProperty("consistent");
    expect(readings()).toBe(4);
  });

  it("gives up on a shop that never rests, and says so", async () => {
    const { fakes, readings } = books({ versions: [1, 2, 3, 4, 5, 6, 7, 8] });
    expect(await audit(fakes)).toMatchObject({ consistent: false });
    expect(readings()).toBe(6);
  });
});
