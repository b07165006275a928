import * as z from "zod";
import { meshError } from "../error.ts";
import type { FieldError } from "../codes.ts";
import type { Operation } from "./operation.ts";

type Coercion = (text: string) => unknown;

const coercions: Record<string, Coercion> = {
  // A text that is no number stays a text, so that the schema reports it. `0x10`, `1e2` and ` 5 ` are no numbers.
  number: (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text),
  integer: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
  boolean: (text) => (text === "true" ? true : text === "false" ? false : text),
};

interface PropertySchema {
  type?: string;
}

const asIs: Coercion = (text) => text;

/** Path and query parameters arrive as text; the contract's JSON Schema says which of them are numbers or booleans. */
function textCoercions(operation: Operation): Map<string, Coercion> {
  const schema = z.toJSONSchema(operation.input, { io: "input", unrepresentable: "any" });
  const properties = (schema.properties ?? {}) as Record<string, PropertySchema>;
  const found = new Map<string, Coercion>();
  for (const [name, property] of Object.entries(properties)) {
    found.set(name, coercions[property.type ?? ""] ?? asIs);
  }
  return found;
}

export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.map((issue) => ({
    pointer: issue.path
      .map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
      .join(""),
    message: issue.message,
  }));
}

export type Decoder = (request: Request, params: Record<string, string>) => Promise<unknown>;

/** Reads and validates an operation's input from a request. Throws MALFORMED_JSON, UNSUPPORTED_MEDIA_TYPE or VALIDATION_FAILED. */
export function decoder(operation: Operation): Decoder {
  let coerce: Map<string, Coercion> | undefined;
  return async function decode(request, params) {
    coerce ??= textCoercions(operation);
    const input: Record<string, unknown> = operation.safe ? {} : await readBody(request);
    const { searchParams } = new URL(request.url);
    if (operation.safe) refuseRepeated(searchParams, coerce);
    const texts = operation.safe ? [...searchParams, ...Object.entries(params)] : Object.entries(params);
    for (const [name, text] of texts) input[name] = coerce.get(name)?.(text) ?? text;
    return parseInput(operation, input);
  };
}

/** Which of two values is meant is nobody's guess. Parameters that the contract does not know are none of its business. */
function refuseRepeated(searchParams: URLSearchParams, known: Map<string, Coercion>): void {
  const repeated = [...new Set(searchParams.keys())].filter(
    (name) => known.has(name) && searchParams.getAll(name).length > 1,
  );
  if (repeated.length === 0) return;
  throw meshError("VALIDATION_FAILED", "A parameter was given more than once.", {
    errors: repeated.map((name) => ({ pointer: `/${name}`, message: "Expected one value" })),
  });
}

export function parseInput(operation: Operation, input: unknown): unknown {
  const result = operation.input.safeParse(input);
  if (!result.success) {
    throw meshError(
      "VALIDATION_FAILED",
      `${operation.method} ${operation.path} got input that its contract does not allow`,
      {
        errors: fieldErrors(result.error),
      },
    );
  }
  return result.data;
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  const text = await request.text();
  if (text === "") return {};
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !type.endsWith("+json")) {
    throw meshError("UNSUPPORTED_MEDIA_TYPE", `The content type was "${type}"; send application/json.`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw meshError("MALFORMED_JSON", "The body could not be parsed; check quotes, commas and brackets.", {
      cause,
    });
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw meshError("VALIDATION_FAILED", "The body must be a JSON object.", {
      errors: [{ pointer: "", message: "Expected an object" }],
    });
  }
  return { ...body };
}
