import { describe, expect, it } from "vitest";
import { type Context, rootContext } from "./context.ts";
import { isInternalHeader, readContext, writeContext } from "./headers.ts";
import { newTrace } from "./trace.ts";

function hop(context: Context, sentAt: number, receivedAt: number): Context {
  const headers = new Headers();
  writeContext(headers, context, sentAt);
  return readContext(new Request("http://mesh/", { headers }), receivedAt);
}

describe("context over a hop", () => {
  it("carries principal, saga step, key and hop count", () => {
    const context = rootContext(newTrace(), {
      principal: { sub: "usr_ü", scopes: ["operator"] },
      saga: { sagaId: "ord_1", step: "reserve", attempt: 2 },
      idempotencyKey: "k",
      hops: 3,
      retrying: true,
    });
    const { principal, saga, idempotencyKey, hops, retrying, trace } = hop(context, 0, 0);
    expect({ principal, saga, idempotencyKey, hops, retrying }).toEqual({
      principal: context.principal,
      saga: context.saga,
      idempotencyKey: "k",
      hops: 3,
      retrying: true,
    });
    expect(trace).toMatchObject({ traceId: context.trace.traceId, parentId: context.trace.spanId });
  });

  it("carries depth and priority, and says nothing of a priority that nobody has decided on", () => {
    const { depth, priority } = hop(rootContext(newTrace(), { depth: 2, priority: "critical" }), 0, 0);
    expect({ depth, priority }).toEqual({ depth: 2, priority: "critical" });
    const headers = new Headers();
    writeContext(headers, rootContext(newTrace()), 0);
    expect(headers.has("weft-priority")).toBe(false);
    expect(readContext(new Request("http://mesh/", { headers }), 0).priority).toBeUndefined();
  });

  it("does not take a priority that it does not know", () => {
    const headers = { "weft-priority": "royal" };
    expect(readContext(new Request("http://mesh/", { headers }), 0).priority).toBeUndefined();
  });

  it("carries the remaining time, so that the clocks need not agree", () => {
    expect(hop(rootContext(newTrace(), { deadline: 1_500 }), 1_000, 90_000).deadline).toBe(90_500);
  });
});

describe("isInternalHeader", () => {
  it.each([
    "weft-principal",
    "Weft-Saga",
    "Cloudflare-Workers-Version-Overrides",
    "cloudflare-workers-version-key",
  ])("marks %s", (name) => expect(isInternalHeader(name)).toBe(true));
  it("leaves ordinary headers alone", () => expect(isInternalHeader("traceparent")).toBe(false));
});
