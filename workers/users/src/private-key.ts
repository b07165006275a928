import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from "jose";
import { ALGORITHM } from "./contract.ts";

const SECRET_BYTES = 32;

/** The secret's bytes. Throws an error that says what is wrong with it and how to make one. */
export function readSecret(secret: string | undefined): Uint8Array {
  const bytes = Buffer.from(secret ?? "", "base64");
  if (bytes.length === SECRET_BYTES) return bytes;
  const found = secret ? `it decodes to ${bytes.length}` : "it is missing";
  throw new Error(
    `USERS_KEY_SECRET must be ${SECRET_BYTES} bytes in base64, but ${found}. Make one: openssl rand -base64 ${SECRET_BYTES}`,
  );
}

/** AES-256-GCM (JWE, RFC 7516). The key's id is authenticated too, so that ciphertexts cannot be swapped between rows. */
export function encryptKey(jwk: JWK, kid: string, secret: Uint8Array): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(jwk)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid })
    .encrypt(secret);
}

/** Throws when the secret is not the one that the key was encrypted under, or when the row was tampered with. */
export async function decryptKey(jwe: string, kid: string, secret: Uint8Array): Promise<CryptoKey> {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, secret, {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  }).catch((cause: unknown) => {
    throw new Error(
      `Signing key ${kid} does not open under USERS_KEY_SECRET. Restore the secret, or rotate the keys.`,
      { cause },
    );
  });
  if (protectedHeader.kid !== kid)
    throw new Error(`The private key stored for ${kid} belongs to ${protectedHeader.kid}.`);
  return (await importJWK(JSON.parse(new TextDecoder().decode(plaintext)) as JWK, ALGORITHM)) as CryptoKey;
}
