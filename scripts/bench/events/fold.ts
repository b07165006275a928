export interface Placed {
  readonly orderId: string;
  readonly account: string;
  readonly amount: number;
}

export const ACCOUNTS = 1_000;
export const MODULUS = 1_000_003;
/** Of what the projection makes now, and of what its code made before the rebuild. */
export const FACTORS = { now: 31, before: 29 } as const;

/** The nth event's data, from 1; `fill.ts` writes the same in SQL. */
export function placed(n: number): Placed {
  return { orderId: `ord_${n}`, account: `acc_${n % ACCOUNTS}`, amount: n % 97 };
}

/** What the projection is after the first `events` events: another order, a repetition or an omission is another digest. */
export function fold(events: number, factor: number): Map<string, number> {
  const digests = new Map<string, number>();
  for (let n = 1; n <= events; n++) {
    const { account, amount } = placed(n);
    const digest = digests.get(account);
    digests.set(account, digest === undefined ? amount : (digest * factor + amount) % MODULUS);
  }
  return digests;
}

/** A state as text, the same for the same rows in any order. */
export function written(rows: Iterable<readonly [account: string, digest: number]>): string {
  return JSON.stringify([...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
