import { expect, it } from "vitest";
import { Failure } from "./failure.ts";
import { portOf } from "./ports.ts";

it("takes the port from the environment, or the usual one", () => {
  expect([portOf(undefined), portOf(""), portOf("9000"), portOf("65535")]).toEqual([
    8787, 8787, 9000, 65_535,
  ]);
});

it.each(["abc", "0", "65536", "-1", "80.5", "0x50", " 80", "1e3"])("says that %j is no port", (text) => {
  expect(() => portOf(text)).toThrow(Failure);
  expect(() => portOf(text)).toThrow(`PORT is "${text}"`);
});
