import { meshError } from "@weft/mesh";

/** An RFC 9651 String: printable ASCII between double quotes, with `\"` and `\\` as the only escapes. */
const STRING = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
/** What the draft does not allow but many clients send: the key without its quotes. A comma would be a list. */
const BARE = /^[^",\s]+$/;
const KEY = /^[!-~]{1,255}$/;

/**
 * The key of an Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): 1 to 255 visible ASCII
 * characters. `"k1"` and `k1` are the same key. Throws IDEMPOTENCY_KEY_REQUIRED or IDEMPOTENCY_KEY_INVALID, with these
 * headers.
 */
export function readKey(header: string | undefined, headers: Record<string, string> = {}): string {
  const text = header?.trim();
  if (!text) {
    throw meshError(
      "IDEMPOTENCY_KEY_REQUIRED",
      'Send a new key with each new request and the same key with each repetition: Idempotency-Key: "<uuid>".',
      { headers },
    );
  }
  const quoted = STRING.exec(text)?.[1]?.replaceAll(/\\(.)/g, "$1");
  const key = quoted ?? (BARE.test(text) ? text : "");
  if (!KEY.test(key)) {
    throw meshError("IDEMPOTENCY_KEY_INVALID", "A key is a string of 1 to 255 visible ASCII characters.", {
      headers,
    });
  }
  return key;
}
