/** W3C Trace Context, level 1: https://www.w3.org/TR/trace-context/ */
export interface Trace {
  /** 32 lower-case hex digits, the same for everything that one request causes. */
  readonly traceId: string;
  /** 16 lower-case hex digits, this piece of the work. */
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly sampled: boolean;
}

export type RandomBytes = (count: number) => Uint8Array;

/** One call for random bytes costs as much as a hundred ids: they are drawn in stock. */
const stock = new Uint8Array(1_024);
let used = stock.length;

function secureBytes(count: number): Uint8Array {
  if (used + count > stock.length) {
    crypto.getRandomValues(stock);
    used = 0;
  }
  used += count;
  return stock.subarray(used - count, used);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

export function newTrace(random: RandomBytes = secureBytes): Trace {
  return { traceId: hex(random(16)), spanId: hex(random(8)), parentId: undefined, sampled: true };
}

/** A new span under `parent`. */
export function childOf(parent: Trace, random: RandomBytes = secureBytes): Trace {
  return {
    traceId: parent.traceId,
    spanId: hex(random(8)),
    parentId: parent.spanId,
    sampled: parent.sampled,
  };
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
