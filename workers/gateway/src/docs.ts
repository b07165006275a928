import { json, type OpenApiDocument } from "@weft/gateway";
import { excerpt, meshError } from "@weft/mesh";
import type { Hono } from "hono";
import type { ShopEnv } from "./env.ts";
import { describeApi } from "./public-api.ts";

/** The files of swagger-ui-dist that the page needs; nothing else of that package is served. */
const FILES: ReadonlySet<string> = new Set(["swagger-ui.css", "swagger-ui-bundle.js"]);
const FOR_A_DAY = "public, max-age=86400";

/** Nothing from elsewhere and nothing inline; Swagger UI's own icons are data: images. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weft shop API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null });
`;

function text(body: string, type: string): Response {
  return new Response(body, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-cache",
      "content-security-policy": POLICY,
    },
  });
}

/** The API's description, for machines and for people. */
export function docs(app: Hono<ShopEnv>): void {
  let description: OpenApiDocument | undefined;
  app.get("/openapi.json", () => json((description ??= describeApi()), 200, { "cache-control": "no-cache" }));
  app.get("/docs", () => text(PAGE, "text/html"));
  app.get("/docs/start.js", () => text(START, "text/javascript"));
  app.get("/docs/:file", async (c) => {
    const file = c.req.param("file");
    if (!FILES.has(file)) throw meshError("NOT_FOUND", `There is nothing at ${excerpt(c.req.path)}.`);
    const asset = await c.env.ASSETS.fetch(new URL(`/${file}`, c.req.url));
    const headers = new Headers(asset.headers);
    headers.set("cache-control", FOR_A_DAY);
    return new Response(asset.body, { status: asset.status, headers });
  });
}
