import { meshError } from "@weft/mesh";
import { expect, it } from "vitest";
import { testApp } from "../test-app.ts";
import { cleanHeaders } from "./clean-headers.ts";
import { nameVersion } from "./name-version.ts";

const app = testApp(nameVersion, cleanHeaders);
app.get("/", () => new Response("fine", { headers: { "weft-version": "of-a-service" } }));
app.get("/fails", () => {
  throw meshError("UNAVAILABLE");
});
const version = async (path: string, env?: object) =>
  (await app.request(path, {}, env)).headers.get("weft-version");

it.each(["/", "/fails", "/nowhere"])("names the gateway's version on every answer (%s)", async (path) => {
  expect(await version(path, { VERSION: { id: "v7" } })).toBe("v7");
});

it("names none where it has none, not even a service's", async () => {
  expect(await version("/")).toBeNull();
  expect(await version("/", { VERSION: { id: "" } })).toBeNull();
});
