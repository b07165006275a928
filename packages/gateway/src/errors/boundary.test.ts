import { codes, MeshError, meshError, type Outbound } from "@weft/mesh";
import { describe, expect, it } from "vitest";
import { boundary } from "./boundary.ts";

async function through(error: unknown, auth = "user"): Promise<MeshError> {
  const layer = boundary(["catalog", "orders"]);
  try {
    await layer(() => Promise.reject(error as Error))({ operation: { auth } } as Outbound);
  } catch (thrown) {
    return thrown as MeshError;
  }
  throw new Error("nothing was thrown");
}

describe("boundary", () => {
  it("passes what a service says to its client", async () => {
    const said = new MeshError("OUT_OF_STOCK", {
      status: 409,
      title: "Not enough is left",
      detail: "Only 2 of prod_001 are left.",
      errors: [{ pointer: "/items/0", message: "2 left" }],
    });
    expect(await through(said)).toBe(said);
  });

  it.each([
    "CALLER_NOT_ALLOWED",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "FENCED",
    "MALFORMED_JSON",
    "UNSUPPORTED_MEDIA_TYPE",
    "PAYLOAD_TOO_LARGE",
  ] as const)("takes the blame for %s: a client cannot have caused it", async (code) => {
    const cause = meshError(code, "detail");
    expect(await through(cause)).toMatchObject({ code: "INTERNAL", status: 500, detail: undefined, cause });
  });

  it.each([
    "VALIDATION_FAILED",
    "TOKEN_INVALID",
    "AUTHENTICATION_REQUIRED",
    "FORBIDDEN",
    "CONFLICT",
    "RATE_LIMITED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
  ] as const)("passes %s", async (code) => {
    expect(await through(meshError(code))).toMatchObject({ code, status: codes[code].status });
  });

  it.each([
    "No time was left to call catalog.getProduct.",
    "GET /internal/products got input that its contract does not allow",
    "shop-orders is not there",
  ])("leaves out a detail about the mesh's insides, and nothing else (%s)", async (detail) => {
    const errors = [{ pointer: "/limit", message: "too big" }];
    const error = await through(meshError("VALIDATION_FAILED", detail, { errors, retryAfter: 3 }));
    expect(error).toMatchObject({ code: "VALIDATION_FAILED", detail: undefined, errors, retryAfter: 3 });
    expect(error.message).not.toContain("internal");
  });

  it("tells operators which part it is", async () => {
    const error = meshError("UNAVAILABLE", "orders.count answered 503.");
    expect(await through(error, "operator")).toBe(error);
    expect((await through(error)).detail).toBeUndefined();
  });

  it("keeps a detail that only looks like it", async () => {
    expect((await through(meshError("CONFLICT", "You have 2 orders. Pay them first."))).detail).toContain(
      "2 orders.",
    );
  });

  it("turns a bug into INTERNAL", async () => {
    expect(await through(new TypeError("x is not a function"))).toMatchObject({ code: "INTERNAL" });
  });
});
