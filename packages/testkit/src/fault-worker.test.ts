import { beforeEach, expect, it, vi } from "vitest";
import worker, { type Fault } from "./fault-worker.ts";

const real = vi.fn<(request: Request) => Promise<Response>>();
beforeEach(() => {
  real.mockReset().mockImplementation(async () => new Response("real"));
});

const send = (request = new Request("http://mesh/internal/things/1")) =>
  worker.fetch(request, { REAL: { fetch: real } });
const set = async (fault: Fault, times = 1_000) => {
  await send(new Request("http://fault/__fault", { method: "POST", body: JSON.stringify({ fault, times }) }));
};
const seen = async () =>
  ((await (await send(new Request("http://fault/__fault"))).json()) as { seen: number }).seen;
/** The status, or the message of what was thrown. */
const outcome = () =>
  send().then(
    ({ status }) => status,
    ({ message }: Error) => message,
  );

it.each<[Fault, unknown, number]>([
  [{ kind: "none" }, 200, 1],
  [{ kind: "down" }, 503, 0],
  [{ kind: "broken" }, "connection reset", 0],
  [{ kind: "answer-lost" }, "connection reset after the request was sent", 1],
  [{ kind: "rate-limited", retryAfter: 7 }, 429, 0],
])("%j: the caller gets %s, the service %i calls", async (fault, expected, calls) => {
  await set(fault);
  expect(await outcome()).toBe(expected);
  expect(real).toHaveBeenCalledTimes(calls);
});

it("asks for as many seconds of peace as it was told to", async () => {
  await set({ kind: "rate-limited", retryAfter: 7 });
  expect((await send()).headers.get("retry-after")).toBe("7");
});

it("fails only so many times, and counts every call since the fault was set", async () => {
  await set({ kind: "down" }, 2);
  expect([await outcome(), await outcome(), await outcome()]).toEqual([503, 503, 200]);
  expect(await seen()).toBe(3);
  await set({ kind: "none" });
  expect(await seen()).toBe(0);
});

it("fails as many percent as it was told to, the same calls each time", async () => {
  const play = async () => {
    await set({ kind: "flaky", percent: 30 });
    const outcomes: unknown[] = [];
    for (let n = 0; n < 500; n++) outcomes.push(await outcome());
    return outcomes;
  };
  const first = await play();
  const failed = first.filter((each) => each === 503).length;
  expect(failed).toBeGreaterThan(120);
  expect(failed).toBeLessThan(180);
  expect(await play()).toEqual(first);
});

it("passes a slow call on when its time is over, unless its caller has given it up", async () => {
  vi.useFakeTimers();
  try {
    await set({ kind: "slow", ms: 500 });
    const caller = new AbortController();
    const patient = outcome();
    const gone = send(new Request("http://mesh/", { signal: caller.signal })).catch(
      ({ name }: Error) => name,
    );
    await vi.advanceTimersByTimeAsync(499);
    caller.abort();
    expect(real).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect([await patient, await gone]).toEqual([200, "AbortError"]);
    expect(real).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});
