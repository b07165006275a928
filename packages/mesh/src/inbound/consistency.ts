import { header } from "../context/headers.ts";
import type { Inbound } from "../scope.ts";

type Answer = (call: Inbound) => Promise<Response>;

/** Tells the caller what this call, and those that it made, have written and seen; a refusal may have written, too. */
export const tellConsistency =
  (next: Answer): Answer =>
  async (call) => {
    const response = await next(call);
    const news = call.scope.context.consistency?.news;
    if (news) response.headers.set(header.consistency, news);
    return response;
  };
