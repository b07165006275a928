import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, it } from "vitest";
import { decryptKey, encryptKey, readSecret } from "./private-key.ts";

const secret = new Uint8Array(32).fill(7);
const pair = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(pair.privateKey);

describe("readSecret()", () => {
  it("takes 32 bytes in base64", () => {
    expect(readSecret(Buffer.from(secret).toString("base64"))).toHaveLength(32);
  });

  it.each([
    [undefined, "it is missing"],
    ["", "it is missing"],
    [Buffer.alloc(16).toString("base64"), "it decodes to 16"],
  ])("says what is wrong with %s", (text, problem) => {
    expect(() => readSecret(text)).toThrow(`USERS_KEY_SECRET must be 32 bytes in base64, but ${problem}`);
  });
});

describe("an encrypted private key", () => {
  it("opens under its secret, to a key that cannot be exported", async () => {
    const key = await decryptKey(await encryptKey(jwk, "k1", secret), "k1", secret);
    expect(key).toMatchObject({ type: "private", extractable: false });
  });

  it("hides the private part and never looks the same twice", async () => {
    const one = await encryptKey(jwk, "k1", secret);
    expect(Buffer.from(one, "base64url").toString("latin1")).not.toContain(jwk.d);
    expect(one).not.toContain(jwk.d);
    expect(await encryptKey(jwk, "k1", secret)).not.toBe(one);
  });

  it("opens neither under another secret, nor after tampering, nor in another key's place", async () => {
    const jwe = await encryptKey(jwk, "k1", secret);
    await expect(decryptKey(jwe, "k1", new Uint8Array(32))).rejects.toThrow(
      "does not open under USERS_KEY_SECRET",
    );
    const [header, ...rest] = jwe.split(".");
    const forged = [
      Buffer.from(JSON.stringify({ alg: "dir", enc: "A256GCM", kid: "k2" })).toString("base64url"),
      ...rest,
    ];
    expect(header).not.toBe(forged[0]);
    await expect(decryptKey(forged.join("."), "k2", secret)).rejects.toThrow("does not open");
    await expect(decryptKey(jwe, "k2", secret)).rejects.toThrow("belongs to k1");
  });
});
