import { describe, expect, it } from "vitest";
import { shop } from "./fixture.ts";
import { services } from "./mesh.ts";

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
