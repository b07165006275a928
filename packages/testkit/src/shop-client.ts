/** The part of `fetch` that the client needs; give the test harness's own `fetch` or one bound to a base URL. */
export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined when the body is empty. */
  readonly body: Json;
}

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
export type Json = any;

export interface Purchase {
  items?: { productId: string; quantity: number }[];
  paymentToken?: string;
  key?: string;
  headers?: Record<string, string>;
}

/** A buyer of the shop over its public HTTP API: for tests, benchmarks and chaos runs. */
export class ShopClient {
  readonly #fetch: Fetch;
  readonly token: string | undefined;

  constructor(fetch: Fetch, token?: string) {
    this.#fetch = fetch;
    this.token = token;
  }

  async send(
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const headers = new Headers(options.headers);
    if (this.token && !headers.has("authorization")) headers.set("authorization", `Bearer ${this.token}`);
    let body: string | undefined;
    if (options.body !== undefined) {
      body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
    }
    const response = await this.#fetch(path, { method, headers, body, redirect: "manual" });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send("GET", path, { headers });
  }

  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send("POST", path, { body, headers });
  }

  /** Opens an account and signs in; a client that acts for this user. */
  async signUp(
    email = `${crypto.randomUUID()}@example.com`,
    password = "correct horse battery",
  ): Promise<ShopClient> {
    const registered = await this.post("/v1/users", { email, name: "Ada", password });
    if (registered.status !== 201)
      throw new Error(`Sign-up answered ${registered.status}: ${JSON.stringify(registered.body)}`);
    const session = await this.post("/v1/sessions", { email, password });
    if (session.status !== 201)
      throw new Error(`Sign-in answered ${session.status}: ${JSON.stringify(session.body)}`);
    return new ShopClient(this.#fetch, session.body.accessToken);
  }

  buy({
    items,
    paymentToken = "tok_ok",
    key = crypto.randomUUID(),
    headers,
  }: Purchase = {}): Promise<Answer> {
    return this.post(
      "/v1/orders",
      { items: items ?? [{ productId: "prod_001", quantity: 1 }], paymentToken },
      { "idempotency-key": key, ...headers },
    );
  }

  /** Asks again until `accept` says yes. Bounded: throws with the last answer after `tries`. */
  async until(
    path: string,
    accept: (answer: Answer) => boolean,
    { tries = 100, pause = 100 } = {},
  ): Promise<Answer> {
    let last: Answer | undefined;
    for (let attempt = 0; attempt < tries; attempt++) {
      last = await this.get(path);
      if (accept(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    throw new Error(`${path} never became what was awaited: ${JSON.stringify(last?.body)}`);
  }
}

function parse(text: string): Json {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
