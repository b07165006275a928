import type * as Crypto from "node:crypto";
import { expect, it, vi } from "vitest";
import { isSameSecret } from "./same-secret.ts";

const createHash = vi.hoisted(() => vi.fn<(algorithm: string) => unknown>());
vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof Crypto>();
  createHash.mockImplementation((algorithm) => crypto.createHash(algorithm));
  return { ...crypto, createHash };
});

it("hashes the secret once, and again when it is another one", () => {
  expect(isSameSecret("guess", "s3cret")).toBe(false);
  createHash.mockClear();
  for (const token of ["a", "b", "c"]) expect(isSameSecret(token, "s3cret")).toBe(false);
  expect(isSameSecret("s3cret", "s3cret")).toBe(true);
  expect(createHash).toHaveBeenCalledTimes(4);
  expect(isSameSecret("s3cret", "changed")).toBe(false);
  expect(isSameSecret("changed", "changed")).toBe(true);
});
