import { MeshError, meshError, type Runtime } from "@weft/mesh";
import type { Acquirer } from "./acquirer.ts";

/** How long `tok_slow` lets the shop wait, ms. */
const SLOW = 2_000;

export interface TestBank {
  /** Counts one attempt for an order, in a place that a failed attempt does not undo; answers with the count. */
  countAttempt: (orderId: string) => Promise<number>;
  /** Lets the caller hear nothing of what is done for it. */
  loseAnswer: () => void;
  sleep: Runtime["sleep"];
}

/** A bank without money, whose payment tokens decide how it behaves. */
export function testAcquirer({ countAttempt, loseAnswer, sleep }: TestBank): Acquirer {
  return {
    async authorize({ orderId, token, signal }) {
      switch (token) {
        case "tok_ok":
          return;
        case "tok_slow":
          return wait(sleep, signal);
        case "tok_error_once":
          if ((await countAttempt(orderId)) === 1)
            throw meshError("UNAVAILABLE", "The bank did not accept the request. Nothing was charged.");
          return;
        case "tok_unknown":
          return loseAnswer();
        case "tok_declined":
          throw declined("The bank declined the payment.");
        default:
          throw declined("The bank does not know this payment token.");
      }
    },
    async capture({ token }) {
      if (token === "tok_unknown") loseAnswer();
    },
    // There is no money at this bank that could go back: the shop's ledger is all there is.
    async void() {},
    async refund() {},
  };
}

async function wait(sleep: Runtime["sleep"], signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(SLOW, signal);
  } catch (cause) {
    throw meshError("DEADLINE_EXCEEDED", "The caller left before the bank had answered.", { cause });
  }
}

function declined(detail: string): MeshError {
  return new MeshError("PAYMENT_DECLINED", { status: 402, title: "The payment was declined", detail });
}
