const encoder = new TextEncoder();

async function derive(secret: string, purpose: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(purpose)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Signs registration tokens. One secret, a key per purpose: no key can stand in for another (RFC 5869's reason). */
export const registrationKey = (secret: string) => derive(secret, "registration");

/** Signs the calls to one service. The service gets it when it registers; it is of no use against another service. */
export const callKey = (secret: string, service: string) => derive(secret, `calls to ${service}`);
