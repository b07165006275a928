import { describe, expect, it } from "vitest";
import * as z from "zod";
import { contract } from "./contract.ts";
import { decoder } from "./decode.ts";
import { command, query } from "./operation.ts";

const { list, put } = contract("shop", {
  list: query("GET /internal/things/:kind", {
    input: z.object({ kind: z.string(), limit: z.int().min(1).default(20), fresh: z.boolean().optional() }),
    output: z.object({}),
    allow: [],
  }),
  put: command("POST /internal/things/:kind", {
    input: z.object({ kind: z.string(), items: z.array(z.object({ quantity: z.int().min(1) })) }),
    output: z.object({}),
    allow: [],
  }),
}).operations;

const get = (search: string) =>
  decoder(list)(new Request(`http://mesh/internal/things/a${search}`), { kind: "a" });
const post = (body: string, type = "application/json") =>
  decoder(put)(new Request("http://mesh/", { method: "POST", body, headers: { "content-type": type } }), {
    kind: "a",
  });

describe("decoder", () => {
  it("turns query text into the types that the contract names", async () => {
    expect(await get("?limit=5&fresh=true")).toEqual({ kind: "a", limit: 5, fresh: true });
  });

  it("names a parameter that comes twice, and looks at none that it does not know", async () => {
    await expect(get("?limit=1&limit=2&x=1")).rejects.toMatchObject({ errors: [{ pointer: "/limit" }] });
    expect(await get("?x=1&x=2&limit=3")).toEqual({ kind: "a", limit: 3 });
  });

  it("applies defaults", async () => {
    expect(await get("")).toEqual({ kind: "a", limit: 20 });
  });

  it.each([
    "?limit=many",
    "?limit=0",
    "?limit=1.5",
    "?limit=",
    "?limit=0x10",
    "?limit=1e1",
    "?limit=+5",
    "?limit=%205",
    "?limit=99999999999999999999",
    "?limit=5&limit=5",
    "?fresh=perhaps",
  ])("refuses %s", async (search) => {
    await expect(get(search)).rejects.toMatchObject({ code: "VALIDATION_FAILED", status: 400 });
  });

  it("lets the path win over a field of the same name in the body", async () => {
    expect(await post('{"kind":"b","items":[]}')).toEqual({ kind: "a", items: [] });
  });

  it("points at the offending field with a JSON pointer", async () => {
    await expect(post('{"items":[{"quantity":2},{"quantity":"x"}]}')).rejects.toMatchObject({
      errors: [{ pointer: "/items/1/quantity" }],
    });
  });

  it.each([
    ["{", "MALFORMED_JSON"],
    ["[]", "VALIDATION_FAILED"],
    ["null", "VALIDATION_FAILED"],
    ["", "VALIDATION_FAILED"],
  ])("refuses the body %j with %s", async (body, code) => {
    await expect(post(body)).rejects.toMatchObject({ code });
  });

  it("refuses a body of another type", async () => {
    await expect(post("{}", "text/plain")).rejects.toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
  });
});
