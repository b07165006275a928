import * as z from "zod";
import type { ZodOpenApiResponseObject } from "zod-openapi";

export interface AddedResponse {
  /** Needed where the contract says nothing of this status. */
  description?: string;
  headers?: z.ZodRawShape;
  content?: ZodOpenApiResponseObject["content"];
}

type Responses = Record<string, ZodOpenApiResponseObject>;

/** Responses by status, and what is known of them besides. */
export function withAdded(described: Responses, added: Record<string, AddedResponse>): Responses {
  const all = { ...described };
  for (const [status, { headers, ...addition }] of Object.entries(added)) {
    const before = all[status];
    const known = before?.headers instanceof z.ZodObject ? before.headers.shape : {};
    all[status] = {
      description: "",
      ...before,
      ...addition,
      ...((before?.headers || headers) && { headers: z.object({ ...known, ...headers }) }),
    };
  }
  return all;
}
