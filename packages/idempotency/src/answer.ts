import type { StoredAnswer } from "./record.ts";

/** Headers that belong to the answer itself. Date, cookies and tracing belong to one delivery of it. */
const KEPT_HEADERS = ["cache-control", "content-type", "location"];

export const REPLAYED = "idempotency-replayed";

export async function readAnswer(response: Response): Promise<StoredAnswer> {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { status: response.status, headers, body: new Uint8Array(await response.clone().arrayBuffer()) };
}

export function replay({ status, headers, body }: StoredAnswer): Response {
  const length = String(body.byteLength);
  return new Response(body.byteLength === 0 ? null : new Uint8Array(body), {
    status,
    headers: { ...headers, "content-length": length, [REPLAYED]: "true" },
  });
}
