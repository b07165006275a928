import { MeshError, meshError } from "@weft/mesh";
import { expect, it } from "vitest";
import { failed } from "./outcome.ts";
import { things } from "./testing/definition.ts";

const { make } = things.operations;

it.each([
  [new MeshError("NO_WAY", { status: 409 }), "business"],
  [meshError("FENCED"), "business"],
  [meshError("UNAVAILABLE"), "unknown"],
  [meshError("DEADLINE_EXCEEDED"), "unknown"],
  [meshError("INTERNAL"), "unknown"],
  [new TypeError("bug"), "unknown"],
  [meshError("RATE_LIMITED"), "transient"],
  [meshError("VALIDATION_FAILED"), "refused"],
  [meshError("CALLER_NOT_ALLOWED"), "refused"],
  // Not in the contract, so not known to come from behind the fence.
  [new MeshError("SOMETHING_ELSE", { status: 409 }), "refused"],
])("%s is %s", (error, kind) => {
  expect(failed(make, error)).toMatchObject({ type: "failed", kind });
});

it("keeps what callers may see, and how long the callee wants to be left alone", () => {
  const error = meshError("RATE_LIMITED", "Slow down.", { retryAfter: 2, cause: new Error("secret") });
  expect(failed(make, error)).toEqual({
    type: "failed",
    kind: "transient",
    failure: { code: "RATE_LIMITED", status: 429, detail: "Slow down." },
    retryAfter: 2_000,
  });
});
