import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** Cost of one scrypt run (RFC 7914): 2^`ln` blocks of 128 * `r` bytes, `p` times. */
interface Cost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/**
 * One of OWASP's equivalent settings for scrypt, the one with 16 MiB of memory, since an isolate has 128 MB for all
 * its requests (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt).
 */
const COST: Cost = { ln: 14, r: 8, p: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** scrypt's own bound on its memory, in bytes; Node's default would refuse a higher cost. */
const MAX_MEMORY = 64 * 1024 * 1024;

const PHC = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

export interface Verdict {
  readonly matches: boolean;
  /** The hash was made with other costs than today's: replace it while the password is at hand. */
  readonly outdated: boolean;
}

/** A hash that says how it was made, in PHC string format (https://github.com/P-H-C/phc-string-format). */
export async function hashPassword(password: string, cost: Cost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return format(cost, salt, await derive(password, salt, cost));
}

export async function verifyPassword(password: string, hash: string): Promise<Verdict> {
  const { cost, salt, expected } = parse(hash);
  const matches = timingSafeEqual(await derive(password, salt, cost), expected);
  return { matches, outdated: cost.ln !== COST.ln || cost.r !== COST.r || cost.p !== COST.p };
}

/** Checked when there is no account, so that the time an answer takes does not tell. No password derives to zeros. */
export const NO_ACCOUNT = format(COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES));

function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same characters can be typed as different code points, depending on the keyboard (NIST SP 800-63B, 3.1.1.2).
    scrypt(
      password.normalize("NFKC"),
      salt,
      HASH_BYTES,
      { N: 2 ** ln, r, p, maxmem: MAX_MEMORY },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}

function format({ ln, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

function parse(hash: string): { cost: Cost; salt: Buffer; expected: Buffer } {
  const match = PHC.exec(hash);
  if (!match) throw new TypeError("A stored password hash is not in PHC string format.");
  const [, ln, r, p, salt = "", expected = ""] = match;
  return {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, "base64"),
    expected: Buffer.from(expected, "base64"),
  };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
