import { isOutage } from "../dead-letters/outage.ts";

/** Longest wait before another delivery, s. */
const LONGEST = 300;
/** First wait while something else is away, s: the 20 retries of a queue then take 80 minutes. */
const OUTAGE_FIRST = 10;

/** Has a queue deliver a message again: the wait doubles with each delivery, and is longer in an outage. */
export function retryLater(message: Message, error?: unknown, longest = LONGEST): void {
  const first = isOutage(error) ? OUTAGE_FIRST : 1;
  message.retry({ delaySeconds: Math.min(longest, first * 2 ** (message.attempts - 1)) });
}
