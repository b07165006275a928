import { expect, it, vi } from "vitest";
import { fail, stage } from "./fixture.ts";

it("a caller that goes away between two tries is not kept, and gets no second one", async () => {
  const waiting = vi.fn<() => void>();
  const { calls, world, requests } = stage({
    hedge: false,
    sleep: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
        waiting();
      }),
  });
  world.reply = fail("UNAVAILABLE");
  const gone = new AbortController();
  const answer = calls({ signal: gone.signal }).get({ id: "1" });
  await vi.waitFor(() => expect(waiting).toHaveBeenCalled());
  gone.abort();
  await expect(answer).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(requests).toHaveLength(1);
});
