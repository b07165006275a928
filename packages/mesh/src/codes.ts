/**
 * Every error code the mesh itself can answer with. A service adds its business codes in its contract (`errors`).
 * `retryable` says that the same call may succeed later without being changed.
 */
export const codes = {
  MALFORMED_JSON: { status: 400, retryable: false, title: "The body is not valid JSON" },
  VALIDATION_FAILED: { status: 400, retryable: false, title: "The request does not match the contract" },
  IDEMPOTENCY_KEY_REQUIRED: { status: 400, retryable: false, title: "An Idempotency-Key header is required" },
  IDEMPOTENCY_KEY_INVALID: { status: 400, retryable: false, title: "The Idempotency-Key is not usable" },
  AUTHENTICATION_REQUIRED: { status: 401, retryable: false, title: "Sign in first" },
  TOKEN_EXPIRED: { status: 401, retryable: false, title: "The access token has expired" },
  TOKEN_INVALID: { status: 401, retryable: false, title: "The access token is not valid" },
  FORBIDDEN: { status: 403, retryable: false, title: "Not allowed" },
  CALLER_NOT_ALLOWED: { status: 403, retryable: false, title: "This caller may not use this operation" },
  NOT_FOUND: { status: 404, retryable: false, title: "There is nothing here" },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, title: "This method is not supported here" },
  CONFLICT: { status: 409, retryable: false, title: "The request conflicts with the current state" },
  FENCED: { status: 409, retryable: false, title: "This saga step was already undone" },
  IDEMPOTENCY_KEY_IN_FLIGHT: {
    status: 409,
    retryable: true,
    title: "The first request with this key is still running",
  },
  EVENTS_GONE: { status: 410, retryable: false, title: "The log does not have these events any more" },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false, title: "The body is too large" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false, title: "The body must be application/json" },
  IDEMPOTENCY_KEY_REUSED: { status: 422, retryable: false, title: "This key belongs to another request" },
  EVENT_TOO_NEW: { status: 422, retryable: false, title: "An event is newer than this service" },
  RATE_LIMITED: { status: 429, retryable: true, title: "Too many requests" },
  INTERNAL: { status: 500, retryable: false, title: "Something went wrong on our side" },
  UNAVAILABLE: { status: 503, retryable: true, title: "A part of the system is not available" },
  // Says nothing about the callee's health: nobody was asked.
  NO_INSTANCE: { status: 503, retryable: true, title: "No instance of a part of the system is known" },
  CIRCUIT_OPEN: {
    status: 503,
    retryable: true,
    title: "Calls to a failing part of the system are held back",
  },
  OVERLOADED: { status: 503, retryable: true, title: "There is more work than can be done" },
  DEADLINE_EXCEEDED: { status: 504, retryable: true, title: "The answer did not come in time" },
  HOP_LIMIT_EXCEEDED: { status: 508, retryable: false, title: "The call went through too many services" },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

export type MeshCode = keyof typeof codes;

/** One violated rule of the contract; `pointer` is a JSON pointer (RFC 6901) into the body, path or query parameters. */
export interface FieldError {
  pointer: string;
  message: string;
}
