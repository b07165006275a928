import { describe, expect, it } from "vitest";
import { hashPassword, NO_ACCOUNT, verifyPassword } from "./password.ts";

const CHEAP = { ln: 4, r: 8, p: 1 };

describe("a password hash", () => {
  it("says how it was made, and no two are the same", async () => {
    const [one, two] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
    expect(one).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(two);
    expect(one).not.toContain("horse");
    expect(await verifyPassword("correct horse", one)).toEqual({ matches: true, outdated: false });
  });

  it("matches its password alone", async () => {
    const hash = await hashPassword("correct horse", CHEAP);
    expect((await verifyPassword("correct horse", hash)).matches).toBe(true);
    expect((await verifyPassword("correct horse ", hash)).matches).toBe(false);
  });

  it("is checked with the costs it was made with, and is outdated when those are not today's", async () => {
    const hash = await hashPassword("correct horse", CHEAP);
    expect(await verifyPassword("correct horse", hash)).toEqual({ matches: true, outdated: true });
    expect(await verifyPassword("wrong", hash)).toEqual({ matches: false, outdated: true });
  });

  it("matches the same characters in another Unicode form", async () => {
    const hash = await hashPassword("Zo\u00eb's password", CHEAP);
    expect((await verifyPassword("Zoe\u0308's password", hash)).matches).toBe(true);
  });

  it("that cannot be read is an error, not a mismatch", async () => {
    await expect(verifyPassword("x", "plain text")).rejects.toThrow("PHC string format");
  });

  it("stands in for a missing account at today's costs and matches nothing", async () => {
    expect(await verifyPassword("", NO_ACCOUNT)).toEqual({ matches: false, outdated: false });
  });
});
