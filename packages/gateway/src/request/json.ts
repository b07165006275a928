const encoder = new TextEncoder();

/** A JSON answer that says how long it is, so that nobody has to count it. */
export function json(body: unknown, status: number, headers: Record<string, string> = {}): Response {
  const bytes = encoder.encode(JSON.stringify(body));
  return new Response(bytes, {
    status,
    headers: { "content-type": "application/json", "content-length": String(bytes.byteLength), ...headers },
  });
}
