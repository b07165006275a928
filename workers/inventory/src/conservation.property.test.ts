import { drizzle } from "drizzle-orm/d1";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { expireReservations } from "./expiry.ts";
import * as schema from "./schema.ts";
import { outcomeOf, type Inventory, startInventory } from "../test/inventory-service.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

const SHELF = { cup: 6, pan: 4 };
const UNITS = SHELF.cup + SHELF.pan;
const line = (productId: string, quantity: number) => ({ productId, quantity });
const ORDERS = [
  [line("cup", 2)],
  [line("cup", 3), line("pan", 1)],
  [line("pan", 2), line("pan", 1)],
  [line("cup", 1)],
  [line("cup", 4), line("pan", 2)],
  [line("pan", 4), line("cup", 6)],
];
const LONG_AFTER = Date.UTC(2100, 0, 1);
/** What a step may be refused with. Anything else, an INTERNAL above all, is a bug. */
const REFUSALS = ["OUT_OF_STOCK", "FENCED", "CONFLICT", "RESERVATION_NOT_FOUND"];
const ANSWERS = ["held", "committed", "released", "acked", "retried", ...REFUSALS];

interface Step {
  kind: "reserve" | "release" | "commit" | "cancelling" | "expire";
  order: number;
  /** Turns of the event loop's microtasks before it starts, so that rounds interleave in many ways. */
  delay: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("reserve", "reserve", "commit", "commit", "release", "cancelling", "expire"),
  order: fc.nat(ORDERS.length - 1),
  delay: fc.nat(60),
});
/** The steps of a round run at once, the rounds one after another. */
const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 8 });

async function run(bench: Inventory, { kind, order, delay }: Step): Promise<string | undefined> {
  for (let turn = 0; turn < delay; turn++) await Promise.resolve();
  const id = `o${order}`;
  switch (kind) {
    case "reserve":
      return outcomeOf(bench.reserve(id, ORDERS[order] ?? []));
    case "release":
      return outcomeOf(bench.release(id));
    case "commit":
      return outcomeOf(bench.commit(id));
    case "cancelling":
      return (await bench.cancelling(id))[0];
    case "expire":
      await expireReservations(drizzle(bench.DB, { schema }), LONG_AFTER, 2);
      return undefined;
  }
}

/** How an order may stand in the end, after what its steps were answered. */
function possibleEnds(outcomesOf: (kind: Step["kind"]) => (string | undefined)[]): (string | null)[] {
  // A committed order keeps its units until it is cancelled, whatever else comes.
  if (outcomesOf("commit").includes("committed")) {
    return outcomesOf("cancelling").includes("acked") ? ["returned"] : ["committed"];
  }
  // A release that was answered holds: nothing that comes late takes units for the order.
  if (outcomesOf("release").some((outcome) => outcome === undefined || outcome === "released"))
    return [null, "released"];
  return [null, "held", "expired"];
}

async function balance(bench: Inventory): Promise<void> {
  const accounts = await bench.accounts();
  for (const { available, held, committed, received } of accounts) {
    expect(available).toBeGreaterThanOrEqual(0);
    expect(available + held + committed).toBe(received);
  }
  const sum = (field: "held" | "committed") => accounts.reduce((total, account) => total + account[field], 0);
  expect(await bench.control.audit({ open: ORDERS.map((_, order) => `o${order}`) })).toEqual({
    received: UNITS,
    onHand: UNITS - sum("committed"),
    reserved: sum("held"),
    inFlight: sum("committed"),
  });
}

it("conserves units under any sequence of reserves, commits, releases, returns, repeats and expiry", async () => {
  const seen = new Set<string | undefined>();
  await fc.assert(
    fc.asyncProperty(rounds, async (history) => {
      const bench = await startInventory(SHELF);
      const outcomes: { step: Step; outcome: string | undefined }[] = [];
      for (const steps of history) {
        await Promise.all(
          steps.map(async (one) => void outcomes.push({ step: one, outcome: await run(bench, one) })),
        );
        await balance(bench);
      }
      const sent = await bench.sent();
      for (const order of ORDERS.keys()) {
        const own = outcomes.filter((done) => done.step.order === order);
        const status = await bench.statusOf(`o${order}`);
        expect(
          possibleEnds((kind) => own.filter((done) => done.step.kind === kind).map(({ outcome }) => outcome)),
        ).toContain(status);
        expect(sent.filter(({ subject }) => subject === `o${order}`)).toHaveLength(
          status === "returned" ? 1 : 0,
        );
      }
      for (const { outcome } of outcomes) seen.add(outcome);
      expect(outcomes.filter(({ outcome }) => outcome !== undefined && !ANSWERS.includes(outcome))).toEqual(
        [],
      );
    }),
    { numRuns: 100 },
  );
  // The histories were worth something: every outcome has come up.
  expect([...seen]).toEqual(expect.arrayContaining(ANSWERS));
}, 30_000);

it("never oversells: what concurrent reserves get is what the shelf loses, and nobody is refused without need", async () => {
  const wanted = fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 4 }), delay: fc.nat(40) }), {
    minLength: 5,
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(wanted, async (wishes) => {
      const bench = await startInventory({ cup: 20 });
      const outcomes = await Promise.all(
        wishes.map(async ({ quantity, delay }, order) => {
          for (let turn = 0; turn < delay; turn++) await Promise.resolve();
          const outcome = await outcomeOf(bench.reserve(`o${order}`, [line("cup", quantity)]));
          return { quantity, outcome };
        }),
      );
      const [cup] = await bench.accounts();
      const held = outcomes
        .filter(({ outcome }) => outcome === "held")
        .reduce((sum, { quantity }) => sum + quantity, 0);
      expect(cup).toMatchObject({ available: 20 - held, held });
      expect(outcomes.filter(({ outcome }) => outcome !== "held" && outcome !== "OUT_OF_STOCK")).toEqual([]);
      const needless = outcomes.filter(
        ({ outcome, quantity }) => outcome !== "held" && quantity <= 20 - held,
      );
      expect(needless).toEqual([]);
    }),
    { numRuns: 40 },
  );
}, 30_000);
