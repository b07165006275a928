import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Consistency } from "./consistency.ts";

const bookmark = (version: number) =>
  `${version.toString(16).padStart(8, "0")}-00000001-00004c6d-${"0".repeat(32)}`;

describe("a consistency token", () => {
  it("keeps the newest position and bookmark of each service", () => {
    const token = Consistency.parse("orders@9");
    token.merge(`orders@10,orders:${bookmark(2)}, payments@3`);
    token.merge(`orders@8,orders:${bookmark(1)}`);
    expect(token.positionIn("orders")).toBe(10);
    expect(token.positionIn("payments")).toBe(3);
    expect(token.positionIn("users")).toBeUndefined();
    expect(token.bookmarkOf("orders")).toBe(bookmark(2));
    expect(token.text).toBe(`orders@10,orders:${bookmark(2)},payments@3`);
  });

  it("tells what came to it, and not what was known", () => {
    const token = Consistency.parse("orders@9,users@2");
    expect(token.news).toBe("");
    token.wrote("orders", 9);
    expect(token.news).toBe("");
    token.wrote("orders", 10);
    expect(token.news).toBe("orders@10");
    expect(token.text).toBe("users@2,orders@10");
  });

  it.each([
    "nonsense",
    "orders@-1",
    "orders@1e3",
    "orders@99999999999999999999",
    "orders@",
    "ORDERS@1",
    "orders:first-unconstrained",
    `orders:${bookmark(1)}'`,
    "__proto__@1x",
    ",,,",
  ])("passes over what is no entry: %s", (bad) => {
    expect(Consistency.parse(`${bad},orders@4`).text).toBe("orders@4");
  });

  it("leaves out what moved longest ago when there is too much", () => {
    const token = new Consistency();
    for (let n = 0; n < 30; n++) token.visited(`service-${n}`, bookmark(1));
    token.visited("service-20", bookmark(2));
    expect(token.text.length).toBeLessThanOrEqual(1_000);
    const kept = Consistency.parse(token.text);
    expect(kept.bookmarkOf("service-0")).toBeUndefined();
    expect(kept.bookmarkOf("service-29")).toBe(bookmark(1));
    expect(token.text.endsWith(`service-20:${bookmark(2)}`)).toBe(true);
  });

  it("never throws, stays within its size and drops what moved longest ago, whatever it is given", () => {
    const service = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
    const entry = fc.oneof(
      fc.tuple(service, fc.integer({ min: 1 })).map(([name, at]) => `${name}@${at}`),
      fc.tuple(service, fc.nat(1_000)).map(([name, at]) => `${name}:${bookmark(at)}`),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const token = new Consistency();
        for (const text of entries) token.merge(text);
        token.wrote("last", 7);
        expect(token.text.length).toBeLessThanOrEqual(1_000);
        expect(token.news).toBe(token.text);
        expect(token.text.endsWith("last@7")).toBe(true);
        expect(Consistency.parse(token.text).text).toBe(token.text);
      }),
    );
  });
});
