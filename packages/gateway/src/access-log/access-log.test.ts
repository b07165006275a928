import { meshError } from "@weft/mesh";
import { Hono } from "hono";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { rescue } from "../errors/rescue.ts";
import { json } from "../request/json.ts";
import { traceRequest } from "../request/trace-request.ts";
import type { GatewayEnv } from "../variables.ts";
import { accessLog } from "./access-log.ts";

let lines: { level: string; [field: string]: unknown }[];
let now: number;
let app: Hono<GatewayEnv>;
const streams: ReadableStreamDefaultController[] = [];

beforeEach(() => {
  lines = [];
  now = 5_000;
  streams.length = 0;
  app = new Hono<GatewayEnv>();
  rescue(app);
  app.use(
    accessLog(
      () => now,
      (level, message, fields) => void lines.push({ level, message, ...fields }),
    ),
    traceRequest,
  );
  app.get("/things/:id", (c) => {
    now += 7;
    c.set("principal", { sub: "usr_1", scopes: [] });
    c.set("degraded", ["stock"]);
    return json({ name: "ü" }, 200);
  });
  app.get("/fails", () => {
    throw meshError("UNAVAILABLE", undefined, { cause: new Error("users answered 502") });
  });
  app.get(
    "/stream",
    () => new Response(new ReadableStream({ start: (controller) => void streams.push(controller) })),
  );
  app.get("/never", () => new Promise<Response>(() => {}));
});

describe("accessLog", () => {
  it("writes one line with the route's pattern, who, how long and how much", async () => {
    const response = await app.request("/things/42?secret=1", { headers: { "x-request-id": "r1" } });
    expect((await response.arrayBuffer()).byteLength).toBe(13);
    expect(lines).toEqual([
      {
        level: "info",
        message: "request",
        method: "GET",
        path: "/things/:id",
        status: 200,
        ms: 7,
        bytes: 13,
        requestId: "r1",
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        user: "usr_1",
        degraded: ["stock"],
      },
    ]);
  });

  it("tells why a request failed, in the log alone", async () => {
    const response = await app.request("/fails");
    expect(await response.text()).not.toContain("answered");
    expect(lines).toMatchObject([
      { level: "error", status: 503, code: "UNAVAILABLE", cause: "users answered 502" },
    ]);
  });

  it("sees what has no route", async () => {
    await app.request("/nowhere");
    expect(lines).toMatchObject([{ level: "info", path: "(no route)", status: 404, code: "NOT_FOUND" }]);
  });

  it("writes a stream's line at its end, with every byte", async () => {
    const response = await app.request("/stream");
    streams[0]?.enqueue(new Uint8Array(3));
    streams[0]?.enqueue(new Uint8Array(4));
    expect(lines).toEqual([]);
    streams[0]?.close();
    expect((await response.arrayBuffer()).byteLength).toBe(7);
    expect(lines).toMatchObject([{ path: "/stream", status: 200, bytes: 7 }]);
    expect(lines[0]).not.toHaveProperty("aborted");
  });

  it("says when the client left during the answer", async () => {
    const response = await app.request("/stream");
    const reader = response.body?.getReader();
    streams[0]?.enqueue(new Uint8Array(3));
    await reader?.read();
    await reader?.cancel();
    expect(lines).toMatchObject([{ status: 200, bytes: 3, aborted: true }]);
  });

  it("says when a stream broke", async () => {
    const response = await app.request("/stream");
    streams[0]?.error(new Error("gone"));
    await expect(response.text()).rejects.toThrow("gone");
    expect(lines).toMatchObject([{ aborted: true }]);
  });

  it("says when the client left before the answer", async () => {
    const client = new AbortController();
    void app.request("/never", { signal: client.signal });
    await vi.waitFor(() => expect(lines).toEqual([]));
    client.abort();
    expect(lines).toMatchObject([{ path: "/never", status: 499, bytes: 0, aborted: true }]);
  });

  it("says how much of an answer had gone out when the connection broke", async () => {
    const client = new AbortController();
    const response = await app.request("/stream", { signal: client.signal });
    const reader = response.body?.getReader();
    streams[0]?.enqueue(new Uint8Array(3));
    await reader?.read();
    // The runtime tells of it before it cancels the stream.
    client.abort();
    await reader?.cancel();
    expect(lines).toMatchObject([{ path: "/stream", status: 200, bytes: 3, aborted: true }]);
  });

  it("does not leave a stream open that nobody reads", async () => {
    const response = await app.request("/stream", { method: "HEAD" });
    expect(response.body).toBeNull();
    expect(lines).toMatchObject([{ method: "HEAD", status: 200, bytes: 0 }]);
    expect(() => streams[0]?.enqueue(new Uint8Array(1))).toThrow(/closed/i);
  });
});
