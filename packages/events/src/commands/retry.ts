import { toMeshError } from "@weft/mesh";

/** How a task that fails is tried again. Times are ms. */
export interface TaskRetry {
  /** Wait after the first failure; doubles with each further one. Default 10 s. */
  first?: number;
  /** Longest wait. Default 1 h. */
  longest?: number;
  /** Age at which a task is given up. Default 1 day. */
  giveUp?: number;
  /** Error codes that no later attempt will change. */
  permanent?: readonly string[];
}

const HOUR = 60 * 60_000;

/** When to try again after the failure of an attempt (from 1), ms since the epoch; null for never. */
export function nextAttempt(
  { first = 10_000, longest = HOUR, giveUp = 24 * HOUR, permanent = [] }: TaskRetry,
  { attempts, createdAt }: { readonly attempts: number; readonly createdAt: number },
  error: unknown,
  now: number,
): number | null {
  if (permanent.includes(toMeshError(error).code) || now - createdAt >= giveUp) return null;
  return now + Math.min(longest, first * 2 ** (attempts - 1));
}
