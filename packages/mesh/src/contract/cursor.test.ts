import { describe, expect, it } from "vitest";
import * as z from "zod";
import { afterCursor, toPage } from "./cursor.ts";

const Key = z.tuple([z.int(), z.string()]);
const rows = [3, 2, 1].map((at) => ({ at, id: `ünïcode/${at}` }));
const keyOf = (row: (typeof rows)[number]) => [row.at, row.id];

describe("cursor", () => {
  it("leads from a page to the key of its last row, and is null on the last page", () => {
    const { rows: page, nextCursor } = toPage(rows, 2, keyOf);
    expect(page).toEqual(rows.slice(0, 2));
    expect(afterCursor(nextCursor ?? "", Key)).toEqual([2, "ünïcode/2"]);
    expect(toPage(rows, 3, keyOf).nextCursor).toBeNull();
    expect(toPage([], 3, keyOf).nextCursor).toBeNull();
  });

  it("is safe in a URL", () => {
    const cursor = toPage(
      Array.from({ length: 2 }, () => "?>ÿ~"),
      1,
      (text) => [text],
    ).nextCursor;
    expect(encodeURIComponent(cursor ?? "")).toBe(cursor);
  });

  it.each(["", "garbage!", "W10", btoa('{"a":1}'), btoa('["3","x"]')])(
    "refuses %j as the client's mistake",
    (text) => {
      expect(() => afterCursor(text, Key)).toThrow(
        expect.objectContaining({ code: "VALIDATION_FAILED", status: 400 }),
      );
    },
  );
});
