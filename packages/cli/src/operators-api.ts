import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe } from "@weft/mesh";
import { CommandError } from "./command-error.ts";

const DEFAULT_URL = "http://127.0.0.1:8787";

/** What a request may carry. */
export interface RequestParts {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** A request to the operators' API of a running mesh; the decoded answer. Throws a CommandError. */
export type OperatorsApi = (method: string, path: string, parts?: RequestParts) => Promise<unknown>;

/** The mesh at WEFT_URL, or the local one; with WEFT_OPERATOR_TOKEN, or the token that `npm start` made below `root`. */
export function operatorsApi(
  root: string | undefined,
  env: NodeJS.ProcessEnv,
  send: typeof fetch = fetch,
): OperatorsApi {
  const base = (env["WEFT_URL"] || DEFAULT_URL).replace(/\/+$/, "");
  const token = env["WEFT_OPERATOR_TOKEN"] || storedToken(root, env["WEFT_STATE"]);
  return async (method, path, { query = {}, body } = {}) => {
    if (!URL.canParse(base))
      throw new CommandError(
        `WEFT_URL is "${base}".`,
        "That is no URL.",
        `Set it to one such as ${DEFAULT_URL}.`,
      );
    const url = new URL(`${base}/_weft${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const answer = await reach(send, base, url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const decoded = decode(text);
    if (answer.ok && decoded !== undefined) return decoded;
    throw refusal(base, answer.status, decoded, text);
  };
}

function storedToken(root: string | undefined, state: string | undefined): string {
  const file =
    root === undefined ? undefined : join(resolve(root, state || ".wrangler/state"), "secrets.json");
  const kept = file !== undefined && existsSync(file) ? decode(readFileSync(file, "utf8")) : undefined;
  const token = (kept as Record<string, string> | undefined)?.["WEFT_OPERATOR_TOKEN"];
  if (token) return token;
  throw new CommandError(
    "There is no operators' token.",
    `WEFT_OPERATOR_TOKEN is not set, and ${file ?? "outside a project"} holds none.`,
    "Set WEFT_OPERATOR_TOKEN, or start the mesh here with `npm start`, which makes one.",
  );
}

async function reach(send: typeof fetch, base: string, url: URL, init: RequestInit): Promise<Response> {
  try {
    return await send(url, init);
  } catch (error) {
    throw new CommandError(
      `The mesh at ${base} does not answer.`,
      describe(error),
      "Start it with `npm start`, or set WEFT_URL to where it runs.",
    );
  }
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As far as it is known: a proxy in between answers in its own words. */
interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  traceId?: string;
  errors?: { pointer: string; message: string }[];
}

const fixes: Record<string, string> = {
  AUTHENTICATION_REQUIRED: "Set WEFT_OPERATOR_TOKEN to this mesh's operators' token.",
  TOKEN_INVALID: "Set WEFT_OPERATOR_TOKEN to this mesh's operators' token.",
  FORBIDDEN: "Set WEFT_OPERATOR_TOKEN to this mesh's operators' token.",
  VALIDATION_FAILED: "Correct what is named above.",
};

function refusal(base: string, status: number, decoded: unknown, text: string): CommandError {
  const { title, detail, code = "", errors = [], traceId } = (decoded ?? {}) as Problem;
  const what = title ? `${title}.` : `${base} answered ${status}.`;
  const violations = errors.map(({ pointer, message }) => `${pointer}: ${message}`);
  const said = title ? `It was answered with ${[status, code].join(" ").trimEnd()}.` : text.slice(0, 200);
  const why = [detail, ...violations].filter(Boolean).join("\n       ") || said || "It did not say.";
  return new CommandError(what, why, fixes[code] ?? fixOf(status, traceId));
}

function fixOf(status: number, traceId = "ids"): string {
  if (status >= 500) return `Try again; if that does not help, look for trace ${traceId} in the logs.`;
  const isThere = status === 409 || status === 422;
  return isThere
    ? "Look at how it stands with the command's `show`."
    : "Look at what there is with the command's `list`.";
}
