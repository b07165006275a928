import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

describe("canonical JSON", () => {
  it("does not depend on the order of members", () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: "x" })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
  });

  it("says what JSON says of a value that is not JSON yet", () => {
    const value = { when: new Date(0), missing: undefined, list: [undefined, 1], nan: Number.NaN };
    expect(canonicalJson(value)).toBe(canonicalJson(JSON.parse(JSON.stringify(value))));
  });

  it("is one text for all the ways to write a value, and loses nothing of it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const canonical = canonicalJson(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(backwards(value)))).toBe(canonical);
        expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("refuses a value that would overflow the stack", () => {
    const deep = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`) as unknown;
    expect(() => canonicalJson(deep)).toThrow(/VALIDATION_FAILED/);
  });
});

/** JSON with the members of every object in reverse order, and white space. */
function backwards(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[ ${value.map(backwards).join(" , ")} ]`;
  const members = Object.entries(value).toReversed();
  return `{ ${members.map(([name, member]) => `${JSON.stringify(name)} : ${backwards(member)}`).join(" , ")} }`;
}
