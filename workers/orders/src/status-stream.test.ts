import { beforeEach, describe, expect, it } from "vitest";
import { statusStream } from "./status-stream.ts";
import type { TimelineEntry } from "./store.ts";

const entry = (
  seq: number,
  status: TimelineEntry["status"],
  reason: string | null = null,
): TimelineEntry => ({
  seq,
  status,
  at: Date.UTC(2026, 10, 21) + seq * 1_000,
  reason,
});
const pending = entry(1, "pending");

/** Time that passes only while somebody sleeps; what is due happens on the way. */
class Clock {
  time = 0;
  readonly plans: { at: number; act: () => void }[] = [];
  now = () => this.time;
  sleep = async (ms: number, signal?: AbortSignal) => {
    await Promise.resolve();
    this.time += ms;
    for (const plan of this.plans.splice(0)) {
      if (plan.at <= this.time) plan.act();
      else this.plans.push(plan);
    }
    signal?.throwIfAborted();
  };
  at(at: number, act: () => void) {
    this.plans.push({ at, act });
  }
}

let clock: Clock;
let timeline: TimelineEntry[];
let reads: number;
beforeEach(() => {
  clock = new Clock();
  timeline = [pending];
  reads = 0;
});

function open(after = 0, signal?: AbortSignal) {
  const read = async (seq: number) => {
    reads++;
    return timeline.filter((one) => one.seq > seq);
  };
  return statusStream({ read, after, signal, runtime: clock });
}

const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();
const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe("the stream of an order's statuses", () => {
  it("is server-sent events: the place in the timeline as id, the status as JSON", async () => {
    timeline = [entry(1, "pending"), entry(2, "rejected", "OUT_OF_STOCK")];
    expect(await textOf(open())).toBe(
      'id: 1\nevent: status\ndata: {"status":"pending","at":"2026-11-21T00:00:01.000Z"}\n\n' +
        'id: 2\nevent: status\ndata: {"status":"rejected","at":"2026-11-21T00:00:02.000Z","reason":"OUT_OF_STOCK"}\n\n',
    );
  });

  it.each(["confirmed", "rejected", "cancelled"] as const)(
    "follows the order and ends when it is %s",
    async (status) => {
      clock.at(2_000, () => timeline.push(entry(2, status)));
      clock.at(9_000, () => timeline.push(entry(3, "cancelling")));
      expect(idsOf(await textOf(open()))).toEqual([1, 2]);
      expect(clock.time).toBeGreaterThanOrEqual(2_000);
      expect(clock.time).toBeLessThanOrEqual(2_300);
    },
  );

  it("goes past a confirmation that a cancellation has followed", async () => {
    timeline.push(entry(2, "confirmed"), entry(3, "cancelling"));
    clock.at(1_000, () => timeline.push(entry(4, "cancelled")));
    expect(idsOf(await textOf(open()))).toEqual([1, 2, 3, 4]);
  });

  it("resumes after the last id that the client saw: nothing twice, nothing left out", async () => {
    timeline.push(entry(2, "confirmed"), entry(3, "cancelling"), entry(4, "cancelled"));
    for (const after of [0, 1, 2, 3])
      expect(idsOf(await textOf(open(after)))).toEqual([1, 2, 3, 4].slice(after));
  });

  it("sends a comment every 15 s of silence and ends after five minutes", async () => {
    const text = await textOf(open());
    expect(idsOf(text)).toEqual([1]);
    expect(clock.time).toBe(300_000);
    expect(text.match(/^:$/gm)).toHaveLength(19);
  });

  it("reads often for some seconds after each news, then rarely: far from D1's 1,000 queries per invocation", async () => {
    clock.at(100_000, () => timeline.push(entry(2, "confirmed"), entry(3, "cancelling")));
    clock.at(101_000, () => timeline.push(entry(4, "cancelled")));
    const { length } = idsOf(await textOf(open()));
    expect(length).toBe(4);
    expect(clock.time).toBeLessThan(102_500);
    clock = new Clock();
    timeline = [pending];
    reads = 0;
    await textOf(open());
    expect(reads).toBeLessThan(250);
  });

  it("reads nothing while nobody waits for the next chunk", async () => {
    const reader = open().getReader();
    expect(reads).toBe(0);
    await reader.read();
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(reads).toBe(1);
  });

  it("stops reading when the client cancels", async () => {
    const reader = open(1).getReader();
    clock.at(1_000, () => void reader.cancel());
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    const before = reads;
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(reads).toBe(before);
    expect(clock.time).toBeLessThan(2_000);
  });

  it("ends when the caller's request is aborted", async () => {
    const gone = new AbortController();
    clock.at(1_000, () => gone.abort());
    expect(idsOf(await textOf(open(0, gone.signal)))).toEqual([1]);
    expect(clock.time).toBeLessThan(2_000);
  });

  it("breaks off when the timeline cannot be read, so that the client comes back", async () => {
    const read = () => Promise.reject(new Error("D1 is gone"));
    const stream = statusStream({ read, after: 0, signal: undefined, runtime: clock });
    await expect(textOf(stream)).rejects.toThrow("D1 is gone");
  });
});
