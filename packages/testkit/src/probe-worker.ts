/**
 * Calls any service in the name of any Worker in whole-mesh tests: its bindings carry the names. The first part of the
 * path says which binding to use; with `probe-patience` (ms) it goes away when that time is over.
 */
interface Env {
  [binding: string]: { fetch(request: Request): Promise<Response> } | undefined;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    const [, binding = "", ...path] = url.pathname.split("/");
    const target = env[binding];
    if (!target) return new Response(`The probe has no binding ${binding}.`, { status: 500 });
    const patience = request.headers.get("probe-patience");
    const call = new Request(new URL(`/${path.join("/")}${url.search}`, "http://mesh"), {
      method: request.method,
      headers: request.headers,
      body: request.body === null ? undefined : await request.text(),
      signal: patience === null ? undefined : AbortSignal.timeout(Number(patience)),
    });
    call.headers.delete("probe-patience");
    try {
      return await target.fetch(call);
    } catch (error) {
      return new Response(String(error), { status: 599 });
    }
  },
};
