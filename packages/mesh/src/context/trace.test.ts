import { describe, expect, it } from "vitest";
import { childOf, formatTraceparent, newTrace, parseTraceparent } from "./trace.ts";

const SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("traceparent", () => {
  it("survives a round trip", () => {
    const trace = parseTraceparent(SENT);
    expect(trace && formatTraceparent(trace)).toBe(SENT);
  });

  it("keeps the trace and remembers the parent in a child", () => {
    const parent = newTrace();
    expect(childOf(parent)).toMatchObject({ traceId: parent.traceId, parentId: parent.spanId });
    expect(childOf(parent).spanId).not.toBe(parent.spanId);
  });

  it("accepts a later version with more fields", () => {
    expect(parseTraceparent(`01${SENT.slice(2)}-extra`)?.traceId).toBe("0af7651916cd43dd8448eb211c80319c");
  });

  it.each([
    null,
    "",
    "nonsense",
    SENT.toUpperCase(),
    `ff${SENT.slice(2)}`,
    `${SENT}-extra`,
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`,
  ])("ignores %j", (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});
