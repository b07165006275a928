import { request } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Answer } from "@weft/testkit/shop-client";
import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answersBy } from "./described.ts";
import { operatorOf, services, startShop } from "./shop.ts";

let mesh: TestMesh;
let buyer: TestMesh["shop"];
beforeAll(async () => {
  mesh = await startShop();
  buyer = await mesh.shop.signUp();
});
afterAll(() => mesh.close());

function expectProblem(answer: Answer, status: number, code?: string): void {
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  expect(answer.body).toMatchObject({
    status,
    ...(code && { code }),
    type: expect.any(String),
    title: expect.any(String),
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(answer.status).toBe(status);
  const text = JSON.stringify(answer.body);
  expect(text).not.toMatch(/\bat .*:\d+|\.ts\b|node_modules|SQLITE|D1_ERROR|shop-|http:\/\/mesh/);
}

const key = { "idempotency-key": "any" };

describe("a bad request", () => {
  it.each<[string, () => Promise<Answer>, number, string]>([
    ["broken JSON", () => buyer.post("/v1/orders", "{", key), 400, "MALFORMED_JSON"],
    ["a JSON array", () => mesh.shop.post("/v1/users", "[]"), 400, "VALIDATION_FAILED"],
    [
      "wrong types",
      () => mesh.shop.post("/v1/users", { email: 1, name: 2, password: 3 }),
      400,
      "VALIDATION_FAILED",
    ],
    [
      "an empty basket",
      () => buyer.post("/v1/orders", { items: [], paymentToken: "tok_ok" }, key),
      400,
      "VALIDATION_FAILED",
    ],
    [
      "a body of another type",
      () => mesh.shop.post("/v1/users", "a=b", { "content-type": "text/plain" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    [
      "a huge body",
      () => mesh.shop.post("/v1/users", { name: "x".repeat(2_000_000) }),
      413,
      "PAYLOAD_TOO_LARGE",
    ],
    ["an unknown route", () => mesh.shop.get("/v1/nothing"), 404, "NOT_FOUND"],
    ["an internal route", () => mesh.shop.get("/internal/health"), 404, "NOT_FOUND"],
    ["a bad limit", () => mesh.shop.get("/v1/products?limit=1000"), 400, "VALIDATION_FAILED"],
    ["a bad cursor", () => mesh.shop.get("/v1/products?cursor=%00"), 400, "VALIDATION_FAILED"],
    ["a repeated parameter", () => mesh.shop.get("/v1/products?limit=1&limit=2"), 400, "VALIDATION_FAILED"],
    ["a hexadecimal limit", () => mesh.shop.get("/v1/products?limit=0x10"), 400, "VALIDATION_FAILED"],
    ["an unknown product", () => mesh.shop.get("/v1/products/prod_999"), 404, "PRODUCT_NOT_FOUND"],
    ["an unknown order", () => buyer.get("/v1/orders/ord_nothing"), 404, "ORDER_NOT_FOUND"],
    ["a taken address", () => takenAddress(), 409, "EMAIL_TAKEN"],
    [
      "a wrong password",
      () => mesh.shop.post("/v1/sessions", { email: "a@b.example", password: "wrong" }),
      401,
      "INVALID_CREDENTIALS",
    ],
    ["no operator", () => mesh.shop.get("/_weft/audit"), 401, "AUTHENTICATION_REQUIRED"],
    ["a buyer at the operators' door", () => buyer.get("/_weft/audit"), 403, "FORBIDDEN"],
  ])("(%s) gets a problem document", async (_, send, status, code) => {
    expectProblem(await send(), status, code);
  });

  it("says which methods a path has", async () => {
    const answer = await mesh.shop.send("DELETE", "/v1/products");
    expectProblem(answer, 405, "METHOD_NOT_ALLOWED");
    expect(answer.headers.get("allow")).toContain("GET");
  });

  it("names each field by a JSON pointer", async () => {
    const answer = await buyer.post(
      "/v1/orders",
      { items: [{ productId: "prod_001", quantity: "two" }], paymentToken: "t" },
      key,
    );
    expect(answer.body.errors).toMatchObject([{ pointer: "/items/0/quantity" }]);
  });

  it("continues the client's trace and keeps its request id", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const answer = await mesh.shop.get("/v1/nothing", {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      "x-request-id": "req-1",
    });
    expect(answer.body.traceId).toBe(traceId);
    expect(answer.headers.get("x-request-id")).toBe("req-1");
  });

  async function takenAddress(): Promise<Answer> {
    const account = { email: "taken@example.com", name: "Ada", password: "correct horse battery" };
    await mesh.shop.post("/v1/users", account);
    return mesh.shop.post("/v1/users", { ...account, email: "TAKEN@example.com" });
  }
});

describe("a huge body", () => {
  const size = 8 * 1024 * 1024;

  it.each<[string, string, Record<string, string>]>([
    ["that says its length", "POST", { "content-length": String(size) }],
    ["in chunks", "POST", {}],
    ["of a GET", "GET", { "content-length": String(size) }],
  ])("%s is refused by a problem document", async (_, method, headers) => {
    const answer = await upload(method, size, headers);
    expectProblem(answer, 413, "PAYLOAD_TOO_LARGE");
  });

  it("a refusal that does not look at the body arrives, too", async () => {
    expectProblem(await upload("POST", 900_000, { "content-length": "900000" }), 401);
    expectProblem(await upload("POST", 900_000, {}), 401);
  });

  /** Over a socket of its own: sends everything, as most clients do, and only then looks for the answer. */
  function upload(method: string, bytes: number, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sending = request(
        `${mesh.url}/v1/orders`,
        { method, headers: { "content-type": "application/json", ...headers } },
        (response) => {
          text(response).then((body) => {
            const received = new Headers({ "content-type": response.headers["content-type"] ?? "" });
            resolve({ status: response.statusCode ?? 0, headers: received, body: parse(body) });
          }, reject);
        },
      );
      sending.on("error", reject);
      Readable.from(pieces(bytes)).pipe(sending);
    });
  }

  function* pieces(bytes: number) {
    for (let left = bytes; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(65_536, left), "x");
  }

  function parse(body: string): unknown {
    try {
      return JSON.parse(body);
    } catch {
      return body;
    }
  }
});

describe("mesh headers from outside", () => {
  it("buy nobody another identity", async () => {
    const forged = encodeURIComponent(JSON.stringify({ sub: "usr_other", scopes: ["operator"] }));
    expectProblem(await mesh.shop.get("/v1/users/me", { "weft-principal": forged }), 401);
    expectProblem(await buyer.get("/_weft/audit", { "weft-principal": forged }), 403);
  });

  it("do not come back out, but for the gateway's own version and the client's consistency token", async () => {
    const { headers } = await buyer.get("/v1/orders");
    expect([...headers.keys()].filter((name) => name.startsWith("weft-"))).toEqual([
      "weft-consistency",
      "weft-version",
    ]);
    const own = (await mesh.shop.get("/health")).headers.get("weft-version");
    const ofViews = (await mesh.direct("shop-views", "/internal/health")).headers.get("weft-version");
    expect(own).toBeTruthy();
    expect(ofViews).toBeTruthy();
    expect(own).not.toBe(ofViews);
    expect(headers.get("weft-version")).toBe(own);
  });
});

describe("services", () => {
  it.each(services)("shop-%s refuses whoever is not named by a binding", async (name) => {
    const answer = await mesh.direct(`shop-${name}`, "/internal/health");
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "CALLER_NOT_ALLOWED" });
  });
});

describe("public documents", () => {
  it("publishes an OpenAPI 3.1 description of every public path", async () => {
    const { body } = await mesh.shop.get("/openapi.json");
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        "/v1/users",
        "/v1/sessions",
        "/v1/users/me",
        "/v1/products",
        "/v1/products/{id}",
        "/v1/products/{id}/recommendations",
        "/v1/orders",
        "/v1/orders/{id}",
        "/v1/orders/{id}/events",
        "/v1/orders/{id}/cancellation",
        "/v1/me/overview",
        "/.well-known/jwks.json",
      ]),
    );
    expect(Object.keys(body.paths).filter((path) => path.startsWith("/internal"))).toEqual([]);
  });

  it("answers what it describes", async () => {
    const { body: document } = await mesh.shop.get("/openapi.json");
    const flaws = answersBy(document);
    const placed = await buyer.buy({ items: [{ productId: "prod_050", quantity: 2 }] });
    expect(placed.status).toBe(201);
    const answers: [string, Answer][] = [
      ["post /v1/orders", placed],
      ["get /v1/orders/{id}", await buyer.get(`/v1/orders/${placed.body.id}`)],
      ["get /v1/orders", await buyer.get("/v1/orders")],
      ["get /v1/me/overview", await buyer.get("/v1/me/overview")],
      ["get /v1/products/{id}", await mesh.shop.get("/v1/products/prod_050")],
      ["get /v1/products", await mesh.shop.get("/v1/products")],
      ["get /v1/products/{id}", await mesh.shop.get("/v1/products/prod_999")],
    ];
    for (const [operation, answer] of answers)
      expect([operation, ...flaws(operation, answer)]).toEqual([operation]);
  });

  it("lets a browser revalidate a product by its ETag", async () => {
    const page = await mesh.shop.get("/v1/products/prod_100");
    const etag = page.headers.get("etag") ?? "";
    expect(etag).toBeTruthy();
    expect((await mesh.shop.get("/v1/products/prod_100", { "if-none-match": etag })).status).toBe(304);
  });

  it("pages through the whole catalogue without a hole or a repeat", async () => {
    const ids: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: Answer = await mesh.shop.get(
        `/v1/products?limit=60${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      ids.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
    }
    expect(ids).toHaveLength(200);
    expect(new Set(ids).size).toBe(200);
  });

  it("answers the audit to operators", async () => {
    expect((await operatorOf(mesh).get("/_weft/audit")).body).toMatchObject({ balanced: true });
  });
});
