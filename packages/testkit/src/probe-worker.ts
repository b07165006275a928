/**
 * Calls any service in the name of any Worker in whole-mesh tests: its bindings carry the names. The first part of the
 * path says which binding to use.
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
    return target.fetch(new Request(new URL(`/${path.join("/")}${url.search}`, "http://mesh"), request));
  },
};
