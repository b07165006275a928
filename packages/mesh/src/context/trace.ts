/** W3C Trace Context, level 1: https://www.w3.org/TR/trace-context/ */
export interface Trace {
  /** 32 lower-case hex digits, the same for everything that one request causes. */
  readonly traceId: string;
  /** 16 lower-case hex digits, this piece of the work. */
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly sampled: boolean;
}

/** One call for random bytes costs as much as a hundred ids: they are drawn in stock. */
const stock = new Uint8Array(8_192);
let used = stock.length;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function randomHex(bytes: number): string {
  if (used + bytes > stock.length) {
    crypto.getRandomValues(stock);
    used = 0;
  }
  let text = "";
  for (const end = used + bytes; used < end; used++) text += HEX[stock[used] ?? 0];
  return text;
}

export function newTrace(): Trace {
  return { traceId: randomHex(16), spanId: randomHex(8), parentId: undefined, sampled: true };
}

/** A new span under `parent`. */
export function childOf({ traceId, spanId, sampled }: Trace): Trace {
  return { traceId, spanId: randomHex(8), parentId: spanId, sampled };
}

/** The sender's span, or undefined if the header is missing or malformed (then the receiver starts a trace of its own). */
export function parseTraceparent(header: string | null | undefined): Trace | undefined {
  const match = header?.trim().match(PATTERN);
  if (!match) return undefined;
  const [, version, traceId = "", spanId = "", flags = "00", rest] = match;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, parentId: undefined, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;
}
