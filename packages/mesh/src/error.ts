import { codes, type FieldError, type MeshCode } from "./codes.ts";

export interface MeshErrorOptions {
  status: number;
  retryable?: boolean;
  title?: string;
  detail?: string;
  errors?: FieldError[];
  /** Seconds after which a retry makes sense; negative: never. */
  retryAfter?: number;
  /** HTTP status of the answer that this error was read from. */
  received?: number;
  /** Deployed version of the service that answered with this error. */
  version?: string | undefined;
  /** Answer headers that belong to this error, such as `Allow`. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** The one error type of the mesh. Tell errors apart by `code`: prototypes do not survive a hop. */
export class MeshError extends Error {
  override readonly name = "MeshError";
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  /** Set on errors that another service answered with; missing where no answer came. */
  readonly received: number | undefined;
  /** As `received`: of the service that answered, if it says. */
  readonly version: string | undefined;
  readonly headers: Record<string, string>;

  constructor(code: string, options: MeshErrorOptions) {
    super(`${code}: ${options.detail ?? options.title ?? ""}`, { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.retryable = options.retryable ?? false;
    this.title = options.title ?? code;
    this.detail = options.detail;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.received = options.received;
    this.version = options.version;
    this.headers = options.headers ?? {};
  }
}

/** An error with one of the mesh's own codes. */
export function meshError(
  code: MeshCode,
  detail?: string,
  options: Omit<Partial<MeshErrorOptions>, "detail"> = {},
): MeshError {
  return new MeshError(code, { ...codes[code], detail, ...options });
}

export function isMeshError(error: unknown): error is MeshError {
  return error instanceof Error && error.name === "MeshError" && "code" in error && "status" in error;
}

export function hasCode(error: unknown, code: string): boolean {
  return isMeshError(error) && error.code === code;
}

/** Anything thrown, as a MeshError. An unexpected error keeps its details in `cause` (for the log), never in the answer. */
export function toMeshError(error: unknown): MeshError {
  return isMeshError(error) ? error : meshError("INTERNAL", undefined, { cause: error });
}
