import { describe, expect, it } from "vitest";
import { fingerprint } from "./fingerprint.ts";

const of = (body: string) => fingerprint("POST", "/v1/orders", body);

describe("fingerprint (I19: the policy on key order and white space)", () => {
  it("ignores white space and the order of members, at every level", async () => {
    expect(await of('{"a":{"x":1,"y":[1,{"p":1,"q":2}]},"b":"t"}')).toBe(
      await of('{ "b": "t",\n "a": { "y": [1, {"q": 2, "p": 1}], "x": 1 } }'),
    );
  });

  it.each([
    ["the order of array items", "[1,2]", "[2,1]"],
    ["a value's type", '{"a":1}', '{"a":"1"}'],
    ["letter case", '{"a":"x"}', '{"a":"X"}'],
    ["an absent member and null", "{}", '{"a":null}'],
    ["white space inside a string", '{"a":"x y"}', '{"a":"x  y"}'],
    ["bytes that are not JSON", "a=b", "a=b "],
  ])("tells apart %s", async (_, one, other) => {
    expect(await of(one)).not.toBe(await of(other));
  });

  it("refuses a body that would overflow the stack", () => {
    expect(() => of(`${"[".repeat(50_000)}${"]".repeat(50_000)}`)).toThrow(/VALIDATION_FAILED/);
  });

  it("tells method, path and query apart", async () => {
    const all = await Promise.all([
      fingerprint("POST", "/v1/orders", "{}"),
      fingerprint("PUT", "/v1/orders", "{}"),
      fingerprint("POST", "/v1/orders?x=1", "{}"),
      fingerprint("POST", "/v1/orders/1", "{}"),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });
});
