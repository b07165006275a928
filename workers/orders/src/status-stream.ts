import type { Runtime } from "@weft/mesh";
import { isSettled } from "./status.ts";
import { publicEntry, type TimelineEntry } from "./store.ts";

/** How often the timeline is read again, ms: an order is settled within seconds, so soon after each news, later less. */
const POLL = 300;
const SLOW_POLL = 2_000;
/**
 * How long after the last news it is read often, ms. The longest stream then has about 200 reads, or 350 if the order
 * goes through all of its statuses on the way; one invocation may ask D1 1,000 times
 * (https://developers.cloudflare.com/d1/platform/limits/).
 */
const LIVELY = 10_000;
/**
 * A comment this often keeps proxies from closing a silent connection, ms (the HTML standard advises 15 s). Where the
 * runtime notices only on writing that a client has left, it notices then.
 */
const HEARTBEAT = 15_000;
/** Longest stream, ms; the client comes back with the last id that it saw. */
const LONGEST = 5 * 60_000;

export interface StatusStreamOptions {
  /** Timeline entries after `seq`, oldest first. */
  read: (seq: number) => Promise<readonly TimelineEntry[]>;
  /** Last entry that the client has seen; 0 = none. */
  after: number;
  /** Aborted when the client is gone. */
  signal: AbortSignal | undefined;
  runtime: Pick<Runtime, "now" | "sleep">;
}

/**
 * An order's status changes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * `id` is the place in the timeline, `data` is `{ status, at, reason? }`. Ends after a settled status (confirmed,
 * rejected, cancelled) or after five minutes. Reads only while somebody waits for the next chunk.
 */
export function statusStream({
  read,
  after,
  signal,
  runtime,
}: StatusStreamOptions): ReadableStream<Uint8Array> {
  const { now, sleep } = runtime;
  const gone = new AbortController();
  const stop = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal;
  const end = now() + LONGEST;
  let heartbeat = now() + HEARTBEAT;
  let news = now();
  let seen = after;

  /** The next chunk of text; undefined at the end. */
  async function next(): Promise<{ text: string; last: boolean } | undefined> {
    while (!stop.aborted && now() < end) {
      const entries = await read(seen);
      const newest = entries.at(-1);
      if (newest) {
        seen = newest.seq;
        news = now();
        return { text: entries.map(toEvent).join(""), last: isSettled(newest.status) };
      }
      if (now() >= heartbeat) return { text: ":\n\n", last: false };
      const poll = now() - news < LIVELY ? POLL : SLOW_POLL;
      await sleep(Math.min(poll, heartbeat - now(), end - now()), stop).catch((error: unknown) => {
        if (!stop.aborted) throw error;
      });
    }
    return undefined;
  }

  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await next();
        if (gone.signal.aborted) return;
        heartbeat = now() + HEARTBEAT;
        if (chunk) controller.enqueue(encoder.encode(chunk.text));
        if (!chunk || chunk.last) controller.close();
      },
      cancel: () => gone.abort(),
    },
    { highWaterMark: 0 },
  );
}

function toEvent(entry: TimelineEntry): string {
  return `id: ${entry.seq}\nevent: status\ndata: ${JSON.stringify(publicEntry(entry))}\n\n`;
}
