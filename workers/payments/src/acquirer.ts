import type { Money } from "./contract.ts";

export interface Charge {
  readonly orderId: string;
  readonly amount: Money;
  readonly token: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bank. Every request is repeatable under its order id: the bank is asked before the ledger is written, so the
 * same question comes again when an isolate died in between. A hold that no capture follows lapses at the bank.
 */
export interface Acquirer {
  /** Holds the amount. Throws PAYMENT_DECLINED. */
  authorize(charge: Charge): Promise<void>;
  /** Takes the held amount. */
  capture(charge: Charge): Promise<void>;
  /** Gives up the hold. */
  void(charge: Charge): Promise<void>;
  /** Gives the taken amount back. */
  refund(charge: Charge): Promise<void>;
}
