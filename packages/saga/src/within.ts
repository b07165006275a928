import type { Runtime } from "@weft/mesh";
import { OVER } from "./over.ts";

/** Undefined when `ms` have passed first. */
export async function within<T>({ sleep }: Runtime, ms: number, work: Promise<T>): Promise<T | undefined> {
  const cancel = new AbortController();
  try {
    return await Promise.race([work, sleep(ms, cancel.signal).then(() => undefined)]);
  } finally {
    cancel.abort(OVER);
  }
}
