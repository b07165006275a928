import { describe, expect, it } from "vitest";
import { readKey } from "./key.ts";

const failure = (header: string | undefined) => {
  try {
    return readKey(header);
  } catch (error) {
    return (error as { code: string; status: number }).code;
  }
};

describe("readKey", () => {
  it.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ["8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ['  "k1" ', "k1"],
    ['"a,b"', "a,b"],
    [String.raw`"say \"hi\" \\"`.replaceAll(" ", "_"), String.raw`say_"hi"_\ `.trim()],
    [`"${"x".repeat(255)}"`, "x".repeat(255)],
    ["dGVzdA==", "dGVzdA=="],
  ])("reads %s", (header, key) => {
    expect(readKey(header)).toBe(key);
  });

  it.each([undefined, "", "   "])("requires a key (%j)", (header) => {
    expect(failure(header)).toBe("IDEMPOTENCY_KEY_REQUIRED");
  });

  it.each([
    '""',
    '"open',
    '"a" "b"',
    '"a", "b"',
    "a, b",
    "a b",
    '"a b"',
    String.raw`"bad \escape"`,
    '"käse"',
    "käse",
    `"${"x".repeat(256)}"`,
    "x".repeat(256),
    'a"b',
  ])("refuses %s", (header) => {
    expect(failure(header)).toBe("IDEMPOTENCY_KEY_INVALID");
  });
});
