import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { shop } from "./fixture.ts";
import { services } from "./mesh.ts";

const SECOND = 1_000;
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);

vi.useFakeTimers({ toFake: ["Date"] });
afterAll(() => void vi.useRealTimers());
// What an earlier test was told is old by then.
beforeEach(() => pass(10 * SECOND));

/** A shop that counts how often its users service is asked. */
function counting() {
  const each = shop();
  const { fetch } = each.env.USERS as { fetch: (request: Request) => Promise<Response> };
  const asked = vi.fn(fetch);
  each.env.USERS = { fetch: asked };
  return { each, asked };
}

describe("health", () => {
  it("is UP as long as the gateway answers", async () => {
    expect((await shop({}, { down: ["users", "catalog"] }).get("/health")).body).toEqual({ status: "UP" });
  });

  it("tells of every service in detail", async () => {
    const { status, headers, body } = await shop().get("/health/detailed");
    const checks = body.checks as Record<string, { status: string; latency_ms: number }>;
    expect([status, body.status, headers.get("cache-control")]).toEqual([200, "UP", "no-store"]);
    expect(Object.keys(checks)).toEqual(Object.keys(services));
    expect(checks.users).toEqual({ status: "UP", latency_ms: expect.any(Number) });
  });

  it("is DEGRADED, and names who is down, when somebody is", async () => {
    const { status, body } = await shop({}, { down: ["views"] }).get("/health/detailed");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "DEGRADED",
      checks: { views: { status: "DOWN" }, users: { status: "UP" } },
    });
  });

  it("asks each service once a second, however many want to know", async () => {
    const { each, asked } = counting();
    const answers = await Promise.all(Array.from({ length: 20 }, () => each.get("/health/detailed")));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    pass(SECOND - 1);
    await each.get("/health/detailed");
    expect(asked).toHaveBeenCalledTimes(1);
    pass(1);
    await each.get("/health/detailed");
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("does not take a client that hangs up for services that are down", async () => {
    const { each, asked } = counting();
    const answer = Promise.withResolvers<void>();
    const real = asked.getMockImplementation();
    asked.mockImplementation(async (request) => {
      await answer.promise;
      request.signal.throwIfAborted();
      return real?.(request) ?? Response.error();
    });
    const client = new AbortController();
    const gone = each.send("/health/detailed", { signal: client.signal });
    const other = each.get("/health/detailed");
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    client.abort();
    answer.resolve();
    expect((await other).body.status).toBe("UP");
    await gone;
  });

  it("shows what a service depends on under the service's name", async () => {
    const half = shop();
    half.env.USERS = {
      fetch: async () =>
        Response.json({ status: "DOWN", checks: { database: { status: "DOWN", latency_ms: 3 } } }),
    };
    expect((await half.get("/health/detailed")).body).toMatchObject({
      status: "DEGRADED",
      checks: { users: { status: "DOWN" }, "users.database": { status: "DOWN", latency_ms: 3 } },
    });
  });
});
