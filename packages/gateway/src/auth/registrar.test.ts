import { issueRegistrationToken } from "@weft/mesh/registry";
import { describe, expect, it } from "vitest";
import { problemOf, testApp } from "../test-app.ts";
import { registrar } from "./registrar.ts";

const SECRET = "instances-only";
const app = testApp(registrar((c) => (c.env as { SECRET?: string }).SECRET));
app.get("/", (c) => c.json(c.var.principal ?? null));

async function ask(authorization?: string, env: { SECRET?: string } = { SECRET }) {
  const headers: Record<string, string> = authorization ? { authorization } : {};
  const response = (await app.request("/", { headers }, env)) as Response;
  const body = await problemOf(response);
  return { status: response.status, code: body.code, scopes: body.scopes };
}

const tokenFor = async (now: number, secret = SECRET) =>
  `Bearer ${(await issueRegistrationToken(secret, "rates", 60, now)).token}`;

describe("who may register", () => {
  it("is the holder of a service's token, for that service", async () => {
    expect(await ask(await tokenFor(Date.now()))).toMatchObject({ status: 200, scopes: ["registry:rates"] });
  });

  it("is the holder of the secret, for every service", async () => {
    expect(await ask(`Bearer ${SECRET}`)).toMatchObject({ status: 200, scopes: ["registry:*"] });
  });

  it.each([
    ["nobody without a token", () => undefined, "AUTHENTICATION_REQUIRED"],
    ["nobody with a password", () => `Basic ${SECRET}`, "AUTHENTICATION_REQUIRED"],
    ["nobody who guesses", () => "Bearer guessed", "TOKEN_INVALID"],
    ["nobody with a token of another mesh", () => tokenFor(Date.now(), "other"), "TOKEN_INVALID"],
    ["nobody whose token has expired", () => tokenFor(Date.now() - 61_000), "TOKEN_EXPIRED"],
  ])("is %s", async (_, credentials, code) => {
    expect(await ask(await credentials())).toMatchObject({ status: 401, code });
  });

  it.each([{}, { SECRET: "" }])("is nobody where no secret is set: %j", async (env) => {
    expect(await ask("Bearer ", env)).toMatchObject({ status: 401 });
    expect(await ask(await tokenFor(Date.now(), "x"), env)).toMatchObject({ status: 500, code: "INTERNAL" });
  });
});
