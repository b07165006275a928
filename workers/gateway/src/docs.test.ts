import { statSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { shop } from "./fixture.ts";
import gateway from "./index.ts";

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
      .filter(({ method, path }) => method !== "ALL" && /^\/(v\d|\.well-known)/.test(path))
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
