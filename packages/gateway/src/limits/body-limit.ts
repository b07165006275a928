import { meshError } from "@weft/mesh";
import type { MiddlewareHandler } from "hono";
import { bodyLimit as honoBodyLimit } from "hono/body-limit";

const MEBIBYTE = 1024 * 1024;

/** Refuses a body of more than `maxSize` bytes, with or without a Content-Length. Throws PAYLOAD_TOO_LARGE. */
export function bodyLimit(maxSize = MEBIBYTE): MiddlewareHandler {
  return honoBodyLimit({
    maxSize,
    onError: () => {
      throw meshError("PAYLOAD_TOO_LARGE", `Send at most ${maxSize} bytes.`);
    },
  });
}
