import { expect, it, vi } from "vitest";
import { runChecks } from "./health.ts";

it("a check that fails is DOWN in the answer, and its cause is in the log", async () => {
  const written = vi.spyOn(console, "log").mockImplementation(() => {});
  const checks = {
    database: () => Promise.reject(new Error("D1_ERROR: no such table")),
    queue: () => Promise.resolve(),
  };
  expect(await runChecks(checks, () => 7)).toEqual({
    status: "DOWN",
    checks: { database: { status: "DOWN", latency_ms: 0 }, queue: { status: "UP", latency_ms: 0 } },
  });
  expect(written.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toEqual([
    { level: "warn", message: "health", check: "database", cause: "D1_ERROR: no such table" },
  ]);
});
