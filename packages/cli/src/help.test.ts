import { expect, it } from "vitest";
import { helpIn } from "./help.ts";

it("helps whoever asks for it, with the command that they name or with all of them", () => {
  expect(helpIn(["saga", "--help"])).toMatch(/^weft saga list/);
  expect(helpIn(["dlq", "show", "-h"])).toMatch(/^weft dlq list/);
  for (const asked of [["--help"], ["help"], ["policy", "-h"]])
    expect(helpIn(asked)).toMatch(/^weft policy[^]*weft saga list[^]*weft dlq list/);
  expect(helpIn(["saga", "list"])).toBeUndefined();
});
