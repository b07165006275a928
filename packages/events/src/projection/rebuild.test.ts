import { setImmediate } from "node:timers/promises";
import { systemRuntime } from "@weft/mesh";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { broken, fold, openBank, type Payment } from "./fixture/bank.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "warn").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  broken.throws = false;
});
afterEach(() => void vi.useRealTimers());
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

const many = (count: number): Payment[] =>
  Array.from({ length: count }, (_, n) => ({ account: `a${n % 50}`, amount: n }));
const name = "balances";

/** What is read is wrong, as after a change of the projection's code. */
async function openSpoilt(count: number) {
  const bank = openBank();
  await bank.pay(...many(count));
  while (!(await bank.read({ newest: true })).upToDate);
  await bank.db.exec("UPDATE accounts SET digest = 5");
  return bank;
}

describe("a rebuild", () => {
  it("makes the projection anew from the first event on, in bounded steps, and says how far it is", async () => {
    const bank = await openSpoilt(900);
    expect(await bank.control.rebuildProjection({ name })).toMatchObject({ state: "rebuilding" });
    expect(await bank.steps(2)).toBe(2);
    expect(await bank.report()).toEqual({
      name,
      state: "rebuilding",
      sources: [{ source: "bank", applied: 900, head: 900, lag: 0 }],
      rebuild: {
        state: "running",
        applied: 400,
        total: 900,
        startedAt: new Date(1_000_000).toISOString(),
        updatedAt: new Date(1_000_000).toISOString(),
      },
    });
    await bank.steps();
    expect(await bank.accounts()).toEqual(fold(bank.paid));
    expect(await bank.report()).toMatchObject({ state: "live", rebuild: { state: "done", applied: 900 } });
    const { results } = await bank.db.prepare("SELECT * FROM accounts_shadow").all();
    expect(results).toEqual([]);
  });

  it("leaves the database to others after each batch, unlike who brings up to date what is read", async () => {
    const sleep = vi.spyOn(systemRuntime, "sleep");
    const bank = await openSpoilt(900);
    expect(sleep).not.toHaveBeenCalled();
    await bank.control.rebuildProjection({ name });
    await bank.steps();
    expect(sleep).toHaveBeenCalledTimes(9);
  });

  it("never shows a state that is half built, or goes back, while events come in and readers read", async () => {
    const bank = openBank();
    await bank.pay(...many(450));
    while (!(await bank.read({ newest: true })).upToDate);
    await bank.control.rebuildProjection({ name });
    let seen = 450;
    let rebuilding = true;
    const building = bank.steps().then(() => (rebuilding = false));
    const writing = (async () => {
      for (let n = 0; rebuilding && n < 100; n++) {
        await bank.pay({ account: `a${n % 50}`, amount: n });
        const messages = await bank.messages();
        if (n % 3 === 0) await bank.deliver(messages.at(-1));
        if (n % 5 === 0) await bank.read({ newest: true });
      }
    })();
    const prefixes = (accounts: object) => {
      for (let at = seen; at <= bank.paid.length; at++)
        if (JSON.stringify(sorted(fold(bank.paid.slice(0, at)))) === JSON.stringify(sorted(accounts)))
          return at;
      return undefined;
    };
    while (rebuilding) {
      const at = prefixes(await bank.accounts());
      expect(at).toBeDefined();
      seen = at ?? seen;
      // The rebuild rests by a timer, which is not due while only promises are.
      await setImmediate();
    }
    await Promise.all([building, writing]);
    expect((await bank.report())?.rebuild?.state).toBe("done");
    await bank.side.cron(new Date());
    expect(await bank.accounts()).toEqual(fold(bank.paid));
  });

  it("does not put an older state in the place of a newer one", async () => {
    const bank = await openSpoilt(10);
    await bank.control.rebuildProjection({ name });
    // The shadow's reader sees an end of the log that the live one is already beyond.
    const log = bank.env["BANK"] as { fetch(request: Request): Promise<Response> };
    bank.env["BANK"] = {
      fetch: async (request: Request) => {
        const page = (await (await log.fetch(request)).json()) as {
          items: { sequence: number }[];
          head: number;
        };
        const after = Number(new URL(request.url).searchParams.get("after"));
        const head = Math.max(after, 6);
        return Response.json({ items: page.items.filter(({ sequence }) => sequence <= head), head });
      },
    };
    await bank.steps(3);
    expect(await bank.report()).toMatchObject({ state: "rebuilding", rebuild: { applied: 6 } });
    expect(new Set(Object.values(await bank.accounts()))).toEqual(new Set([5]));
    bank.env["BANK"] = log;
    await bank.steps();
    expect(await bank.accounts()).toEqual(fold(bank.paid));
  });

  it("goes on by cron after the process died, and by several processes at once", async () => {
    const bank = await openSpoilt(900);
    await bank.control.rebuildProjection({ name });
    await bank.steps(1);
    bank.own.drain();
    await bank.side.cron(new Date());
    expect((await bank.report())?.rebuild?.applied).toBe(200);
    later(60_000);
    await Promise.all([bank.side.cron(new Date()), bank.side.cron(new Date()), bank.side.cron(new Date())]);
    await bank.steps();
    expect(await bank.accounts()).toEqual(fold(bank.paid));
    expect((await bank.report())?.rebuild?.state).toBe("done");
  });

  it("can be cancelled, and started again from the beginning", async () => {
    const bank = await openSpoilt(900);
    await bank.control.rebuildProjection({ name });
    await bank.steps(2);
    const left = bank.own.drain();
    expect(await bank.control.cancelRebuild({ name })).toMatchObject({
      state: "live",
      rebuild: { state: "cancelled", applied: 400 },
    });
    await bank.deliver(...left);
    expect(bank.own.drain()).toEqual([]);
    expect(new Set(Object.values(await bank.accounts()))).toEqual(new Set([5]));

    later(1);
    expect((await bank.control.rebuildProjection({ name })).rebuild).toMatchObject({
      state: "running",
      applied: 0,
    });
    await bank.steps();
    expect(await bank.accounts()).toEqual(fold(bank.paid));
  });

  it("is one rebuild, however often it is asked for", async () => {
    const bank = await openSpoilt(900);
    await bank.control.rebuildProjection({ name });
    await bank.steps(2);
    await bank.control.rebuildProjection({ name });
    expect(bank.own.drain()).toHaveLength(1);
    expect((await bank.report())?.rebuild?.applied).toBe(400);
  });

  it("lets a step that outlived its cancellation write nothing", async () => {
    const bank = await openSpoilt(100);
    const log = bank.env["BANK"] as { fetch(request: Request): Promise<Response> };
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    await bank.control.rebuildProjection({ name });
    bank.env["BANK"] = {
      fetch: async (request: Request) => {
        const answer = await log.fetch(request);
        entered.resolve();
        await gate.promise;
        return answer;
      },
    };
    const step = bank.steps(1);
    await entered.promise;
    bank.env["BANK"] = log;
    await bank.control.cancelRebuild({ name });
    gate.resolve();
    await step;
    const { results } = await bank.db.prepare("SELECT * FROM accounts_shadow").all();
    expect(results).toEqual([]);
  });

  it("waits, and is taken up by cron, while the publisher is away", async () => {
    const bank = await openSpoilt(300);
    const log = bank.env["BANK"];
    bank.env["BANK"] = { fetch: () => Promise.reject(new Error("down")) };
    await bank.control.rebuildProjection({ name });
    await bank.steps();
    const { rebuild, sources } = (await bank.report()) ?? {};
    expect(rebuild).toMatchObject({ state: "running", error: expect.any(String) as string });
    expect(sources).toEqual([{ source: "bank", applied: 300, head: null, lag: null }]);
    bank.env["BANK"] = log;
    later(60_000);
    await bank.side.cron(new Date());
    await bank.steps();
    expect((await bank.report())?.rebuild).toMatchObject({ state: "done" });
  });

  it("is refused for a projection that there is not", async () => {
    await expect(openBank().control.rebuildProjection({ name: "x" })).rejects.toMatchObject({
      code: "PROJECTION_NOT_FOUND",
      status: 404,
      detail: expect.stringContaining('"x"') as string,
    });
  });
});

describe("dead events and a rebuild", () => {
  const payments = [
    { account: "a", amount: 7 },
    { account: "a", amount: 8 },
    { account: "b", amount: -1 },
  ];
  async function openDead() {
    broken.throws = true;
    const bank = openBank();
    await bank.pay(...payments);
    for (let minute = 0; minute < 6; minute++) {
      await bank.side.cron(new Date());
      later(60_000);
    }
    expect((await bank.letters()).map(({ status }) => status)).toEqual(["dead", "dead", "dead"]);
    return bank;
  }

  it("are settled by one that can apply them; what it cannot stays dead", async () => {
    const bank = await openDead();
    broken.throws = false;
    await bank.control.rebuildProjection({ name });
    for (let minute = 0; minute < 6; minute++) {
      await bank.steps();
      later(60_000);
      await bank.side.cron(new Date());
    }
    expect(await bank.accounts()).toEqual(fold(payments.slice(0, 2)));
    const ids = (await bank.letters()).map(({ message_id, status }) => [
      String(message_id).split(":")[0],
      status,
    ]);
    expect(ids).toEqual([
      ["balances", "replayed"],
      ["balances", "replayed"],
      ["balances", "dead"],
    ]);
  });
});

function sorted(accounts: object): unknown {
  return Object.entries(accounts).toSorted(([a], [b]) => a.localeCompare(b));
}
