import { meshError } from "@weft/mesh";
import type { MiddlewareHandler } from "hono";
import { discard, readUpTo } from "./read-body.ts";

const MEBIBYTE = 1024 * 1024;

export interface BodyLimitOptions {
  /** Bytes. */
  maxSize?: number;
  /** How much more of a refused body is read, bytes. */
  maxDiscarded?: number;
  /** How long it is read, ms. */
  patience?: number;
}

/**
 * Refuses a body of more than `maxSize` bytes, with or without a Content-Length. What a client still sends is read and
 * thrown away before the answer, within bounds: an answer that overtakes the request's body may be lost on its way, as
 * connections are closed over it (RFC 9112, 9.6). Throws PAYLOAD_TOO_LARGE.
 */
export function bodyLimit({
  maxSize = MEBIBYTE,
  maxDiscarded = 32 * MEBIBYTE,
  patience = 5_000,
}: BodyLimitOptions = {}): MiddlewareHandler {
  return async (c, next) => {
    const { body, headers } = c.req.raw;
    if (!body) return next();
    const chunked = headers.has("transfer-encoding") || !headers.has("content-length");
    if (!chunked && Number(headers.get("content-length")) <= maxSize) return next();
    const reader = body.getReader();
    const bytes = chunked ? await readUpTo(reader, maxSize) : undefined;
    if (!bytes) {
      await discard(reader, maxDiscarded, patience);
      throw meshError("PAYLOAD_TOO_LARGE", `Send at most ${maxSize} bytes.`);
    }
    // The body of a GET means nothing (RFC 9110, 9.3.1), and no Request can be made with one.
    if (c.req.method !== "GET" && c.req.method !== "HEAD")
      c.req.raw = new Request(c.req.raw, { method: c.req.method, body: bytes });
    return next();
  };
}
