import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { order, startPayments, step } from "../test/payments-service.ts";
import { payments } from "./schema.ts";

let service: ReturnType<typeof startPayments>;
beforeEach(() => {
  service = startPayments();
});
afterEach(() => void vi.useRealTimers());

const authorize = (token: string, attempt = 1, signal?: AbortSignal) =>
  service.checkout(signal).authorize(order("o1", token), step("authorize", attempt));
const capture = (attempt = 1) => service.checkout().capture({ orderId: "o1" }, step("capture", attempt));
const charged = { "customer:ada": -1999, held: 1999 };

describe("payment tokens", () => {
  it("tok_ok is authorized", async () => {
    await expect(authorize("tok_ok")).resolves.toMatchObject({ status: "authorized" });
  });

  it.each(["tok_declined", "tok_made_up", ""])(
    "%s is declined at every attempt, without a trace in the books",
    async (token) => {
      for (const attempt of [1, 2]) {
        await expect(authorize(token, attempt)).rejects.toMatchObject({
          code: "PAYMENT_DECLINED",
          status: 402,
        });
      }
      expect(await service.balances()).toEqual({});
      expect(await service.db.$count(payments)).toBe(0);
    },
  );

  it("tok_slow is authorized after 2 seconds", async () => {
    vi.useFakeTimers();
    let answered = false;
    const answer = authorize("tok_slow").finally(() => (answered = true));
    await vi.advanceTimersByTimeAsync(1_999);
    expect([answered, await service.balances()]).toEqual([false, {}]);
    await vi.advanceTimersByTimeAsync(1);
    await expect(answer).resolves.toMatchObject({ status: "authorized" });
    expect(await service.balances()).toEqual(charged);
  });

  it("tok_slow charges nothing when the caller has left meanwhile", async () => {
    vi.useFakeTimers();
    const caller = new AbortController();
    const answer = authorize("tok_slow", 1, caller.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    caller.abort();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await answer).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(await service.balances()).toEqual({});
  });

  it("tok_error_once fails at the first attempt with no effect, also if that was before a restart", async () => {
    await expect(authorize("tok_error_once")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(await service.balances()).toEqual({});
    service = startPayments(service.DB);
    await expect(authorize("tok_error_once", 2)).resolves.toMatchObject({ status: "authorized" });
    expect(await service.balances()).toEqual(charged);
  });

  it("tok_unknown charges and loses the answer, of the authorization and of the capture; asking again tells", async () => {
    await expect(authorize("tok_unknown")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(await service.balances()).toEqual(charged);
    await expect(authorize("tok_unknown", 2)).resolves.toMatchObject({ status: "authorized" });

    await expect(capture()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
    await expect(capture(2)).resolves.toMatchObject({ status: "captured" });
    expect(await service.balances()).toEqual({ "customer:ada": -1999, shop: 1999 });
  });

  it("tok_unknown publishes what it did although nobody got the answer", async () => {
    await expect(authorize("tok_unknown")).rejects.toThrow("UNAVAILABLE");
    await service.served.settled();
    expect(service.sent.VIEWS_EVENTS).toMatchObject([{ type: "payment.authorized" }]);
  });

  it("tok_unknown can be voided", async () => {
    await expect(authorize("tok_unknown")).rejects.toThrow("UNAVAILABLE");
    await expect(service.checkout().void({ orderId: "o1" }, step("authorize"))).resolves.toMatchObject({
      status: "voided",
    });
    expect(await service.balances()).toEqual({});
  });
});
