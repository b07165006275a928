import { describe, expect, it } from "vitest";
import { matchExpression } from "./match-expression.ts";

describe("matchExpression", () => {
  it.each([
    ["oak", '"oak"*'],
    ["Oak  board oak", '"oak"* "board"*'],
    ["e-reader", '"e"* "reader"*'],
    ['27" plate', '"27"* "plate"*'],
    ["oak OR NOT (name:pan*)", '"oak"* "or"* "not"* "name"* "pan"*'],
    ["cafe\u0301", '"caf\u00e9"*'],
    ["हिन्दी 日本語", '"हिन्दी"* "日本語"*'],
    ["a\u0000b", '"a"* "b"*'],
  ])("makes %j words and nothing else", (query, expression) => {
    expect(matchExpression(query)).toBe(expression);
  });

  it.each(["", "   ", `"'*()-+^:{}`, "\u0301\u0302", "😀", "\u0000", "\ud800"])(
    "finds no word in %j",
    (query) => {
      expect(matchExpression(query)).toBeUndefined();
    },
  );
});
