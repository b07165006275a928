import { describe, expect, it } from "vitest";
import { testApp } from "../test-app.ts";
import { contextOf } from "./trace-request.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

function app() {
  return testApp().get("/", (c) => {
    const { trace, signal } = contextOf(c);
    return c.json({
      ...trace,
      signal: signal !== undefined,
      lasting: contextOf(c, { lasting: true }).signal === undefined,
    });
  });
}
const get = async (headers: Record<string, string> = {}) => {
  const response = await app().request("/", { headers });
  return {
    id: response.headers.get("x-request-id"),
    body: (await response.json()) as Record<string, unknown>,
  };
};

describe("traceRequest", () => {
  it("continues the client's trace with a span of its own", async () => {
    const { body } = await get({ traceparent });
    expect(body).toMatchObject({ traceId, parentId: "b7ad6b7169203331", sampled: true });
    expect(body.spanId).not.toBe("b7ad6b7169203331");
  });

  it.each(["", "nonsense"])("starts a trace otherwise (%j)", async (header) => {
    const { body } = await get({ traceparent: header });
    expect(body.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(body.parentId).toBeUndefined();
  });

  it("answers with the client's request id, or with the trace id", async () => {
    expect((await get({ "x-request-id": "req-1" })).id).toBe("req-1");
    expect((await get({ traceparent })).id).toBe(traceId);
    expect((await get({ traceparent, "x-request-id": "a b" })).id).toBe(traceId);
    expect((await get({ traceparent, "x-request-id": "x".repeat(129) })).id).toBe(traceId);
  });

  it("ties calls to the client's connection, except for lasting work", async () => {
    expect((await get()).body).toMatchObject({ signal: true, lasting: true });
  });
});
