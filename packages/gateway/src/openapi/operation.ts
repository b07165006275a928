import type { Operation } from "@weft/mesh";
import * as z from "zod";
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from "zod-openapi";
import { type AddedResponse, withAdded } from "./added-response.ts";
import { problemResponses } from "./problem.ts";

export const ACCESS_TOKEN = "accessToken";
export const OPERATOR_TOKEN = "operatorToken";

const IdempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .describe(
    "Any string of visible characters that is new with each new request, such as a UUID; quotes around it are optional. The same key again gives the first answer again, with `Idempotency-Replayed: true`. Keys are remembered for 24 hours; another body under the same key is refused. Key order and white space in the body do not matter.",
  )
  .meta({ example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"' });
const LastEventId = z.string().optional().describe("The id of the last event received, when reconnecting.");

function inputOf({ id, input }: Operation): z.ZodObject {
  if (!(input instanceof z.ZodObject))
    throw new TypeError(`The input of ${id} must be an object to be described.`);
  return input;
}

/** The members of an object schema that `accept` names, or nothing if there are none. */
function part(input: z.ZodObject, accept: (name: string) => boolean): z.ZodObject | undefined {
  const members = Object.entries(input.shape).filter(([name]) => accept(name));
  if (members.length === Object.keys(input.shape).length && members.length > 0) return input;
  return members.length > 0 ? z.object(Object.fromEntries(members)) : undefined;
}

function requestOf(
  operation: Operation,
  requestHeaders: z.ZodRawShape,
): Pick<ZodOpenApiOperationObject, "requestParams" | "requestBody"> {
  const { pathParams, safe, stream, keyed } = operation;
  const input = inputOf(operation);
  const path = part(input, (name) => pathParams.includes(name));
  const rest = part(input, (name) => !pathParams.includes(name) && !(stream && name === "lastEventId"));
  const header = {
    ...requestHeaders,
    ...(keyed && {
      "Idempotency-Key": keyed === "required" ? IdempotencyKey : IdempotencyKey.optional(),
    }),
    ...(stream && "lastEventId" in input.shape && { "Last-Event-ID": LastEventId }),
  };
  return {
    requestParams: {
      ...(path && { path }),
      ...(safe && rest && { query: rest }),
      ...(Object.keys(header).length > 0 && { header: z.object(header) }),
    },
    ...(!safe &&
      rest && { requestBody: { required: true, content: { "application/json": { schema: rest } } } }),
  };
}

function successOf({ output, stream, keyed }: Operation): ZodOpenApiResponseObject {
  return {
    description: stream ? "A stream of events" : "Done",
    ...(keyed && { headers: z.object({ "Idempotency-Replayed": z.literal("true").optional() }) }),
    content: stream
      ? { [stream]: { schema: { type: "string" } } }
      : { "application/json": { schema: output } },
  };
}

/** `/v1/orders/:id` → `orders` */
function tagOf({ path }: Operation): string {
  return path.startsWith("/.well-known/") ? "discovery" : (path.split("/")[2] ?? "");
}

/** One operation of a contract in the words of OpenAPI. */
export function describeOperation(
  name: string,
  operation: Operation,
  requestHeaders: z.ZodRawShape = {},
  responses: Record<string, AddedResponse> = {},
): ZodOpenApiOperationObject {
  const scheme = { none: undefined, user: ACCESS_TOKEN, operator: OPERATOR_TOKEN }[operation.auth];
  return {
    operationId: name,
    tags: [tagOf(operation)],
    ...(operation.summary && { summary: operation.summary }),
    ...(scheme && { security: [{ [scheme]: [] }] }),
    ...requestOf(operation, requestHeaders),
    responses: withAdded(
      { [operation.status]: successOf(operation), ...problemResponses(operation) },
      responses,
    ),
  };
}
