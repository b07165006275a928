import { meshError } from "@weft/mesh";
import { describe, expect, it, vi } from "vitest";
import { problemOf, testApp } from "../test-app.ts";
import { authenticate, authorize } from "./authenticate.ts";
import { isSameSecret } from "./same-secret.ts";

const verify = vi.fn(async (token: string) => {
  if (token === "down") throw meshError("UNAVAILABLE");
  if (token !== "good") throw meshError("TOKEN_EXPIRED", "Sign in again.");
  return { sub: "usr_1", scopes: ["customer"] };
});
const app = testApp(authenticate({ operatorToken: (c) => (c.env as { SECRET?: string }).SECRET, verify }));
for (const auth of ["none", "user", "operator"] as const) {
  app.get(`/${auth}`, authorize({ auth }), (c) => c.json(c.var.principal ?? null));
}

async function ask(path: string, authorization?: string, SECRET: string | undefined = "s3cret") {
  const response = (await app.request(
    path,
    { headers: authorization ? { authorization } : {} },
    { SECRET },
  )) as Response;
  const body = await problemOf(response);
  return {
    status: response.status,
    body,
    code: body?.code,
    challenge: response.headers.get("www-authenticate"),
  };
}

describe("authenticate and authorize", () => {
  it("lets a user in, and nobody without a token", async () => {
    expect((await ask("/user", "Bearer good")).body).toEqual({ sub: "usr_1", scopes: ["customer"] });
    expect(await ask("/user", "bearer good")).toMatchObject({ status: 200 });
    expect(await ask("/user")).toMatchObject({
      status: 401,
      code: "AUTHENTICATION_REQUIRED",
      challenge: "Bearer",
    });
  });

  it("says what is wrong with a token, where one is needed", async () => {
    expect(await ask("/user", "Bearer old")).toMatchObject({
      status: 401,
      code: "TOKEN_EXPIRED",
      challenge: expect.stringContaining('error="invalid_token"'),
    });
    expect(await ask("/none", "Bearer old")).toMatchObject({ status: 200, body: null });
    expect(await ask("/user", "Bearer down")).toMatchObject({ status: 503, code: "UNAVAILABLE" });
  });

  it.each(["Basic YTpi", "Bearer", "Bearer two words", "Bearer ü"])(
    "does not take %s for a token",
    async (authorization) => {
      expect(await ask("/user", authorization)).toMatchObject({
        status: 401,
        code: "AUTHENTICATION_REQUIRED",
      });
    },
  );

  it("lets operators in with their token, and no customer", async () => {
    expect((await ask("/operator", "Bearer s3cret")).body).toEqual({ sub: "operator", scopes: ["operator"] });
    expect(await ask("/operator", "Bearer good")).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect(await ask("/operator", "Bearer wrong")).toMatchObject({ status: 401 });
    expect(await ask("/operator")).toMatchObject({ status: 401, code: "AUTHENTICATION_REQUIRED" });
  });

  it("has no operators without a secret", () => {
    expect(isSameSecret("", "")).toBe(false);
    expect(isSameSecret("", undefined)).toBe(false);
    expect(isSameSecret("s3cret", undefined)).toBe(false);
    expect(isSameSecret("s3cret", "s3cret")).toBe(true);
    expect(isSameSecret("s3cre", "s3cret")).toBe(false);
  });
});
