import { expect, it } from "vitest";
import { executionId } from "./execution-id.ts";

it("is a ULID", () => {
  // The example of the specification: 01ARZ3NDEKTSV4RRFFQ69G5FAV was made at 1469922850259 ms.
  const chance = new Uint8Array([0xd6, 0x76, 0x4c, 0x61, 0xef, 0xb9, 0x93, 0x02, 0xbd, 0x5b]);
  expect(executionId(1469922850259, chance)).toBe("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  expect(executionId(0)).toMatch(/^0{10}[0-9A-HJKMNP-TV-Z]{16}$/);
});

it("sorts by time and does not repeat", () => {
  expect(executionId(1) < executionId(2)).toBe(true);
  expect(new Set(Array.from({ length: 1000 }, () => executionId(1))).size).toBe(1000);
});
