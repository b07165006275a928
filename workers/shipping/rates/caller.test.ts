import { spawnSync } from "node:child_process";
import { sign } from "hono/utils/jwt/jwt";
import { describe, expect, it } from "vitest";

const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** What caller.py says of an Authorization header: the caller's name, or why it is refused. */
function callerOf(authorization: string, key = "k"): string {
  const script = [
    "import sys",
    "from caller import caller_of, Refused",
    "try: print(caller_of(sys.argv[1], sys.argv[2], 'shipping-rates', now=1000))",
    "except Refused as reason: print('refused:', reason)",
  ].join("\n");
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout, stderr } = spawnSync("python3", ["-c", script, authorization, key], {
    cwd: import.meta.dirname,
    env,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout.trim();
}

const claims = { iss: "weft", sub: "shipping", aud: "shipping-rates", exp: 1_060 };
const bearer = async (changes: object = {}, key = "k", alg: "HS256" | "HS512" = "HS256") =>
  `Bearer ${await sign({ ...claims, ...changes }, key, alg)}`;

describe.skipIf(!hasPython)("the rate service", () => {
  it("believes a caller's token that the mesh has signed", async () => {
    expect(callerOf(await bearer())).toBe("shipping");
    expect(callerOf(await bearer({ exp: 971 }))).toBe("shipping");
  });

  it.each([
    ["nothing", async () => "", "no token"],
    ["another key's", async () => bearer({}, "other"), "wrong signature"],
    ["another service's", async () => bearer({ aud: "payments" }), "for somebody else"],
    ["another issuer's", async () => bearer({ iss: "me" }), "for somebody else"],
    ["an expired one", async () => bearer({ exp: 970 }), "expired"],
    ["another algorithm's", async () => bearer({}, "k", "HS512"), "wrong signature"],
    ["one that never expires", async () => bearer({ exp: undefined }), "malformed"],
    ["no JWT", async () => "Bearer abc", "wrong signature"],
  ])("refuses %s", async (_, authorization, why) => {
    expect(callerOf(await authorization())).toBe(`refused: ${why}`);
  });

  it("refuses everybody while it has no key", async () => {
    expect(callerOf(await bearer({}, "x"), "")).toBe("refused: no token");
  });
});
