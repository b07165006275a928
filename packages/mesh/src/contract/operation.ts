import * as z from "zod";
import type { Priority } from "../resilience/bulkhead.ts";
import { pathParams } from "./path.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Who must be signed in for an operation: nobody, any user, or an operator. */
export type Auth = "none" | "user" | "operator";

export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** `<service>.<name>`, set by `contract()`. */
  readonly id: string;
  readonly service: string;
  readonly method: Method;
  readonly path: string;
  readonly pathParams: readonly string[];
  readonly input: I;
  readonly output: O;
  /** Status of a successful answer. */
  readonly status: number;
  /** Business error codes and their HTTP status. */
  readonly errors: Readonly<Record<string, number>>;
  /** Changes nothing: may be retried and hedged freely. */
  readonly safe: boolean;
  /** Never answered from a replica that lags behind: for reads that others rely on. */
  readonly fresh: boolean;
  /** Repeating it has no further effect (by nature, or because the saga fence or a key makes it so). */
  readonly idempotent: boolean;
  /** Longest time for one call including retries, in ms. */
  readonly timeout: number;
  /** Longest time for one try of several, in ms; undefined = what is left of `timeout`. */
  readonly tryTimeout: number | undefined;
  /** Whether its failures open the circuit of the whole callee, or one of its own. */
  readonly circuit: "callee" | "operation";
  /** What it is worth if its caller does not say. */
  readonly priority: Priority;
  /** Names of the Workers that may call it. */
  readonly allow: readonly string[];
  /** Reachable from outside through the gateway. */
  readonly public: boolean;
  readonly auth: Auth;
  /** Part of a saga: `do` has an effect once per saga step, `undo` takes it back. */
  readonly fenced: "do" | "undo" | undefined;
  /** Clients must send an Idempotency-Key, or may. */
  readonly keyed: "required" | "optional" | undefined;
  /** Answers with a stream instead of JSON; the media type. */
  readonly stream: string | undefined;
  readonly summary: string;
}

export interface OperationOptions<I extends z.ZodType, O extends z.ZodType> {
  input?: I;
  output: O;
  status?: number;
  errors?: Record<string, number>;
  fresh?: boolean;
  timeout?: number;
  tryTimeout?: number;
  circuit?: "callee" | "operation";
  priority?: Priority;
  allow: readonly string[];
  auth?: Auth;
  summary?: string;
}

export interface CommandOptions<I extends z.ZodType, O extends z.ZodType> extends OperationOptions<I, O> {
  fenced?: "do" | "undo";
  idempotent?: boolean;
  keyed?: "required" | "optional";
}

export type Draft<I extends z.ZodType, O extends z.ZodType> = Omit<Operation<I, O>, "id" | "service">;

/** Public paths carry their major version; everything else stays inside the mesh. */
const PUBLIC = /^\/(v\d+|\.well-known)\//;
const DEFAULT_TIMEOUT = 5_000;

function operation<I extends z.ZodType, O extends z.ZodType>(
  route: string,
  options: CommandOptions<I, O> & { safe: boolean; stream?: string },
): Draft<I, O> {
  const [method, path] = route.split(" ");
  if (!method || !path?.startsWith("/")) {
    throw new TypeError(`"${route}" is not a route: write it as "GET /internal/things/:id"`);
  }
  const pub = PUBLIC.test(path);
  if (!pub && !path.startsWith("/internal/")) {
    throw new TypeError(`"${path}" must start with /v<major>/ (public) or /internal/ (mesh only)`);
  }
  return {
    method: method as Method,
    path,
    pathParams: pathParams(path),
    input: options.input ?? (z.object({}) as unknown as I),
    output: options.output,
    status: options.status ?? 200,
    errors: options.errors ?? {},
    safe: options.safe,
    fresh: options.fresh ?? false,
    idempotent: options.safe || options.fenced !== undefined || (options.idempotent ?? false),
    timeout: options.timeout ?? DEFAULT_TIMEOUT,
    tryTimeout: options.tryTimeout,
    circuit: options.circuit ?? "callee",
    priority: options.priority ?? "normal",
    allow: options.allow,
    public: pub,
    auth: options.auth ?? "none",
    fenced: options.fenced,
    keyed: options.keyed,
    stream: options.stream,
    summary: options.summary ?? "",
  };
}

type NoInput = z.ZodObject<Record<never, never>>;

/** An operation that only reads. Input beside the path parameters travels in the query string. */
export function query<O extends z.ZodType, I extends z.ZodType = NoInput>(
  route: string,
  options: OperationOptions<I, O>,
) {
  return operation(route, { ...options, safe: true });
}

/** An operation that changes something. Input beside the path parameters travels as the JSON body. */
export function command<O extends z.ZodType, I extends z.ZodType = NoInput>(
  route: string,
  options: CommandOptions<I, O>,
) {
  return operation(route, { ...options, safe: false });
}

/** A read that answers with server-sent events. */
export function events<I extends z.ZodType = NoInput>(
  route: string,
  options: Omit<OperationOptions<I, z.ZodUnknown>, "output">,
) {
  return operation(route, { ...options, output: z.unknown(), safe: true, stream: "text/event-stream" });
}
