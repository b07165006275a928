import { join } from "node:path";
import { readProject } from "@weft/cli";
import { MeshError, meshError } from "@weft/mesh";
import { describe, expect, it } from "vitest";
import { settleMany } from "./bulk.ts";
import { BULK_LETTERS, BULK_TIME, SUBSCRIBERS, type Subscriber } from "./contract.ts";
import { listDeadLetters } from "./list.ts";
import type { Desk, Desks } from "./subscribers.ts";

interface Stored {
  id: string;
  at: number;
  fails?: boolean;
  /** Its subscriber answers so. */
  refuses?: MeshError;
}
const iso = (at: number) => new Date(at).toISOString();

function summary({ id, at }: Stored) {
  return {
    id,
    source: "/services/orders",
    messageId: id,
    type: "order.confirmed",
    subject: id,
    sequence: at,
    status: "dead" as "dead" | "replayed",
    attempts: 1,
    error: "boom",
    reason: null,
    firstFailedAt: iso(at),
    lastFailedAt: iso(at),
    settledAt: null,
  };
}

/** Subscribers that answer as the real ones do: newest failure first, after a cursor, before a time. */
function subscribers(stored: Partial<Record<Subscriber, Stored[]>>, down: readonly Subscriber[] = []) {
  const clock = { time: 1_000_000 };
  const acted: string[] = [];
  const letters = new Map(
    SUBSCRIBERS.map((name) => [name, (stored[name] ?? []).map((each) => ({ ...each, ...summary(each) }))]),
  );
  const desks: Desks = (service) => {
    const all = letters.get(service) ?? [];
    const answering = () => {
      if (down.includes(service)) throw meshError("UNAVAILABLE");
    };
    const desk = {
      async deadLetters({
        limit = 20,
        cursor,
        before,
        status,
      }: {
        limit?: number;
        cursor?: string;
        before?: string;
        status?: string;
      }) {
        answering();
        if (cursor === "wrong") throw meshError("VALIDATION_FAILED");
        const [at, id] = cursor ? (JSON.parse(atob(cursor)) as [number, string]) : [Infinity, ""];
        const matching = all.filter(
          (each) => (!before || each.lastFailedAt < before) && (!status || each.status === status),
        );
        const items = matching
          .toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
          .filter((each) => each.at < at || (each.at === at && each.id < id));
        return { items: items.slice(0, limit), nextCursor: null, total: matching.length };
      },
      async replayDeadLetter({ id }: { id: string }) {
        answering();
        acted.push(id);
        const letter = all.find((each) => each.id === id);
        if (!letter) throw meshError("NOT_FOUND");
        if (letter.refuses) throw letter.refuses;
        if (letter.fails) letter.lastFailedAt = iso(clock.time);
        else letter.status = "replayed";
        return letter;
      },
    };
    return desk as unknown as Desk;
  };
  const slept: number[] = [];
  const runtime = {
    now: () => clock.time,
    sleep: async (ms: number) => {
      slept.push(ms);
      clock.time += ms;
    },
  };
  const replay = (order: Partial<Parameters<typeof settleMany>[2]> = {}) =>
    settleMany(
      desks,
      (desk, id) => desk.replayDeadLetter({ id }) as never,
      { status: "dead", rate: 100, dryRun: false, ...order },
      runtime,
    );
  return { desks, replay, acted, slept, clock };
}

const many = (count: number, prefix = "l") =>
  Array.from({ length: count }, (_, at) => ({ id: `${prefix}${String(at).padStart(4, "0")}`, at }));

it("all subscribers of the mesh are asked", async () => {
  const mesh = await readProject(join(import.meta.dirname, "../../../.."));
  const subscribing = mesh
    .filter(({ consumers }) => consumers.some(({ deadLetterQueue }) => deadLetterQueue !== undefined))
    .map(({ name }) => name);
  expect(SUBSCRIBERS).toEqual(subscribing.toSorted());
});

describe("the list of all dead letters", () => {
  const stored = {
    catalog: many(7, "a").map((letter) => ({ ...letter, at: letter.at * 2 })),
    orders: many(5, "b"),
    views: many(3, "c").map((letter) => ({ ...letter, at: 4 })),
  };

  it.each([1, 2, 3, 14, 15, 16])(
    "has each letter on one page, the newest first: pages of %i",
    async (limit) => {
      const { desks } = subscribers(stored);
      const seen: { id: string; lastFailedAt: string }[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await listDeadLetters(desks, { limit, ...(cursor && { cursor }) });
        expect(page).toMatchObject({ total: 15, degraded: [] });
        seen.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(new Set(seen.map(({ id }) => id)).size).toBe(15);
      expect(seen).toHaveLength(15);
      const times = seen.map(({ lastFailedAt }) => lastFailedAt);
      expect(times).toEqual(times.toSorted().toReversed());
    },
  );

  it("names who is down, and lists the others", async () => {
    const page = await listDeadLetters(subscribers(stored, ["orders"]).desks, { limit: 20 });
    expect(page.degraded).toEqual(["orders"]);
    expect(new Set(page.items.map(({ service }) => service))).toEqual(new Set(["catalog", "views"]));
  });

  it("asks one service alone, and tells the asker of a mistake", async () => {
    const { desks } = subscribers(stored);
    expect((await listDeadLetters(desks, { limit: 20, service: "orders" })).items).toHaveLength(5);
    const first = await listDeadLetters(desks, { limit: 4, service: "orders" });
    expect(first.nextCursor).not.toBeNull();
    const rest = await listDeadLetters(desks, {
      limit: 4,
      service: "orders",
      cursor: first.nextCursor ?? "",
    });
    expect(rest).toMatchObject({ items: [{ id: "b0000" }], nextCursor: null });
    const wrong = listDeadLetters(desks, { limit: 20, cursor: "wrong" });
    await expect(wrong).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});

describe("a letter that a bulk replay fails on", () => {
  const settled = new MeshError("DEAD_LETTER_SETTLED", { status: 409 });

  it("is named with its reason, be it that it fails again or that its subscriber cannot carry it out", async () => {
    const [first, again, wrong, last] = many(4);
    const stored = [
      first,
      { ...again, fails: true },
      { ...wrong, refuses: meshError("INTERNAL", "No such column.") },
      last,
    ];
    const { replay } = subscribers({ orders: stored as Stored[] });
    expect(await replay()).toMatchObject({
      settled: 2,
      failed: 2,
      left: 0,
      degraded: [],
      failures: [
        { service: "orders", id: "l0001", reason: "boom" },
        { service: "orders", id: "l0002", reason: expect.stringContaining("No such column.") },
      ],
    });
  });

  it("is no failure if somebody else has settled it meanwhile", async () => {
    const [first, other] = many(2);
    const { replay } = subscribers({ orders: [first, { ...other, refuses: settled }] as Stored[] });
    expect(await replay()).toMatchObject({ settled: 1, failed: 0, left: 0, failures: [] });
  });

  it("is one of those left, with the rest of its subscriber's, if that does not answer", async () => {
    const [first, away, rest] = many(3);
    const stored = [first, { ...away, refuses: meshError("UNAVAILABLE") }, rest];
    const { replay, acted } = subscribers({ orders: stored as Stored[] });
    expect(await replay()).toMatchObject({
      settled: 1,
      failed: 0,
      left: 2,
      degraded: ["orders"],
      failures: [],
    });
    expect(acted).toHaveLength(2);
  });
});

describe("a bulk replay", () => {
  it("replays in the log's order, at the given rate", async () => {
    const { replay, acted, slept } = subscribers({ orders: many(4) });
    expect(await replay({ rate: 2 })).toMatchObject({ matched: 4, settled: 4, failed: 0, left: 0 });
    expect(acted).toEqual(["l0000", "l0001", "l0002", "l0003"]);
    expect(slept).toEqual([500, 500, 500]);
  });

  it("stops at its limits, and tells what is left for the next call", async () => {
    const { replay } = subscribers({ orders: many(BULK_LETTERS + 7) });
    const first = await replay();
    expect(first).toMatchObject({ settled: BULK_LETTERS, left: 7 });
    expect(await replay({ before: first.before })).toMatchObject({ settled: 7, left: 0 });
    const slow = subscribers({ orders: many(50) });
    const part = await slow.replay({ rate: 1 });
    expect(slow.clock.time).toBeLessThanOrEqual(1_000_000 + BULK_TIME);
    expect(part).toMatchObject({ settled: 16, left: 34 });
  });

  it("does not try again in one run what fails, and is not kept from the others", async () => {
    const stored = many(3).map((letter) => ({ ...letter, fails: letter.id === "l0001" }));
    const { replay, acted } = subscribers({ orders: stored });
    const first = await replay();
    expect(first).toMatchObject({ settled: 2, failed: 1, left: 0 });
    expect(await replay({ before: first.before })).toMatchObject({ matched: 0 });
    expect(acted).toHaveLength(3);
  });

  it("does nothing as a dry run but tell", async () => {
    const { replay, acted } = subscribers({ orders: many(3) });
    expect(await replay({ dryRun: true })).toMatchObject({ matched: 3, settled: 0, left: 3 });
    expect(acted).toEqual([]);
  });

  it("names who is down", async () => {
    const { replay } = subscribers({ orders: many(3), views: many(2, "v") }, ["views"]);
    expect(await replay()).toMatchObject({ settled: 3, left: 0, degraded: ["views"] });
  });
});
