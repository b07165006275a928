/** The least that a gateway can do: hands every request to the service behind it. Benchmarks compare with it. */
interface Env {
  BACKEND: { fetch(request: Request): Promise<Response> };
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return env.BACKEND.fetch(request);
  },
};
