import { statSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { shop } from "./fixture.ts";
import { app as gateway } from "./app.ts";

describe("/openapi.json", () => {
  it("is a valid OpenAPI 3.1 document", async () => {
    const { body } = await shop().get("/openapi.json");
    expect(await new Validator().validate(body)).toEqual({ valid: true });
    expect(body.openapi).toMatch(/^3\.1/);
  });

  it("describes every public path that the gateway answers, and no other", async () => {
    const { body } = await shop().get("/openapi.json");
    const paths = body.paths as Record<string, Record<string, unknown>>;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const answered = gateway.routes
      .filter(({ method, path }) => method !== "ALL" && /^\/(v\d|\.well-known|health)/.test(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(described.toSorted()).toEqual([...new Set(answered)].toSorted());
  });

  it("tells of the second way to answer an order", async () => {
    const { body } = await shop().get("/openapi.json");
    const { post } =
      (body.paths as Record<string, Record<string, { responses: object; parameters: { name: string }[] }>>)[
        "/v1/orders"
      ] ?? {};
    expect(Object.keys(post?.responses ?? {})).toEqual(
      expect.arrayContaining(["201", "202", "402", "409", "422"]),
    );
    expect(post?.parameters.map(({ name }) => name)).toEqual(["Prefer", "Idempotency-Key"]);
  });
});

describe("/openapi.json names the headers and the bodiless answers of", () => {
  type Described = Record<
    string,
    Record<string, { parameters?: { name: string }[]; responses: Record<string, { headers?: object }> }>
  >;
  it.each<[string, string, Record<string, string[]>]>([
    ["post", "/v1/orders", { 201: ["Location"], 202: ["Location", "Preference-Applied"], 402: ["Location"] }],
    ["post", "/v1/orders", { 409: ["Location"], 503: ["Location", "Retry-After"] }],
    ["post", "/v1/orders/{id}/cancellation", { 202: ["Location"] }],
    [
      "get",
      "/v1/products",
      { 200: ["ETag"], 304: ["ETag"], 429: ["Retry-After", "RateLimit", "RateLimit-Policy"] },
    ],
    ["get", "/v1/products/{id}", { 200: ["ETag"], 304: ["ETag"] }],
    ["get", "/v1/orders/{id}/events", { 204: [] }],
    ["get", "/health", { 200: [] }],
    ["get", "/health/detailed", { 200: [] }],
  ])("%s %s", async (method, path, expected) => {
    const paths = (await shop().get("/openapi.json")).body.paths as Described;
    const operation = paths[path]?.[method];
    for (const [status, headers] of Object.entries(expected)) {
      expect(operation?.responses).toHaveProperty(status);
      expect(Object.keys(operation?.responses[status]?.headers ?? {})).toEqual(
        expect.arrayContaining(headers),
      );
    }
    if ("304" in expected) expect(operation?.parameters?.map(({ name }) => name)).toContain("If-None-Match");
  });
});

describe("/docs", () => {
  it("allows its page nothing but its own files", async () => {
    const page = await shop().send("/docs");
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(files).toHaveLength(3);
    for (const file of files) expect((await shop().send(file)).status).toBe(200);
    expect(html).not.toMatch(/<script>|\s(?:style|on\w+)=/);
  });

  it.each([
    "swagger-ui-bundle.js.map",
    "package.json",
    "index.html",
    "..%2Fpackage.json",
    "swagger-initializer.js",
  ])("serves nothing else of the package (%s)", async (file) => {
    expect((await shop().send(`/docs/${file}`)).status).toBe(404);
  });

  it("has the files that the page names in the package", () => {
    const folder = join(import.meta.dirname, "../../../node_modules/swagger-ui-dist");
    for (const file of ["swagger-ui.css", "swagger-ui-bundle.js"])
      expect(statSync(join(folder, file)).size).toBeGreaterThan(1_000);
  });
});
