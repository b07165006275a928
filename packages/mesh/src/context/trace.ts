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

const secureBytes: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));
const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
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
