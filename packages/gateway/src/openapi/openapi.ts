import { openApiPath, type Operation } from "@weft/mesh";
import type * as z from "zod";
import { createDocument, type ZodOpenApiPathsObject } from "zod-openapi";
import type { AddedResponse } from "./added-response.ts";
import { ACCESS_TOKEN, describeOperation, OPERATOR_TOKEN } from "./operation.ts";
import { Problem } from "./problem.ts";

export interface OpenApiOptions {
  info: { title: string; version: string; description?: string };
  servers?: { url: string }[];
  /** Schemas to give a name of their own; wherever one is used, the document refers to it. */
  schemas?: Record<string, z.ZodType>;
  /** What a contract cannot say of an operation; by the operation's name. */
  additions?: Record<string, Additions>;
  /** Paths that are no contract's operations. */
  paths?: ZodOpenApiPathsObject;
}

export interface Additions {
  requestHeaders?: z.ZodRawShape;
  /** By status; what the contract says of the same status stays, headers included. */
  responses?: Record<string, AddedResponse>;
}

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** An OpenAPI 3.1 document from public operations, by the name that each has outside (its `operationId`). */
export function openApi(
  operations: Record<string, Operation>,
  { info, servers, schemas = {}, additions = {}, paths: others = {} }: OpenApiOptions,
): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const [name, operation] of Object.entries(operations)) {
    const path = openApiPath(operation.path);
    const { requestHeaders, responses } = additions[name] ?? {};
    paths[path] = {
      ...paths[path],
      [operation.method.toLowerCase()]: describeOperation(name, operation, requestHeaders, responses),
    };
  }
  const document = createDocument(
    {
      openapi: "3.1.1",
      info,
      ...(servers && { servers }),
      paths: { ...paths, ...others },
      components: {
        schemas: { Problem, ...schemas },
        securitySchemes: {
          [ACCESS_TOKEN]: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
          ...(Object.values(operations).some(({ auth }) => auth === "operator") && {
            [OPERATOR_TOKEN]: { type: "http", scheme: "bearer" },
          }),
        },
      },
    },
    {
      override: ({ jsonSchema }) => {
        // Else what goes in and what comes out would be two schemas.
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        // What zod says of every integer helps nobody.
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      },
    },
  );
  leaveOpen(document);
  return document;
}

/**
 * Answers may gain members without a new version, so the document must not promise that they do not. Done to the
 * finished document: the promise also stands beside a `$ref`, where no override sees it.
 */
function leaveOpen(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  if ("additionalProperties" in node && node.additionalProperties === false) delete node.additionalProperties;
  for (const child of Object.values(node)) leaveOpen(child);
}
