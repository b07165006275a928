import { describe, expect, it } from "vitest";
import * as z from "zod";
import { contract } from "./contract.ts";
import { command, query } from "./operation.ts";

const output = z.object({});

describe("contract", () => {
  it("names every operation after its service", () => {
    const shop = contract("shop", { open: query("GET /internal/door", { output, allow: ["gateway"] }) });
    expect(shop.operations.open.id).toBe("shop.open");
  });

  it("marks versioned paths as public and /internal paths as mesh only", () => {
    expect(query("GET /v2/things", { output, allow: [] }).public).toBe(true);
    expect(query("GET /internal/things", { output, allow: [] }).public).toBe(false);
  });

  it("refuses a path that is neither", () => {
    expect(() => query("GET /things", { output, allow: [] })).toThrow("/v<major>/");
    expect(() => query("things", { output, allow: [] })).toThrow("GET /internal/things/:id");
  });

  it("counts a fenced command as idempotent, a plain one not", () => {
    expect(command("POST /internal/a", { output, allow: [], fenced: "do" }).idempotent).toBe(true);
    expect(command("POST /internal/a", { output, allow: [] }).idempotent).toBe(false);
  });
});
