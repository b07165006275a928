import { Validator } from "@seriousme/openapi-schema-validator";
import { command, contract, events, pageInput, pageOf, query } from "@weft/mesh";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { openApi } from "./openapi.ts";

const Money = z.object({ amount: z.int(), currency: z.string() });
const Thing = z.object({
  id: z.string(),
  price: Money.describe("of one thing"),
  note: z.string().optional(),
});
const things = contract("things", {
  list: query("GET /v1/things", {
    input: z.object({ ...pageInput, query: z.string().optional() }),
    output: pageOf(Thing),
    allow: [],
  }),
  get: query("GET /v1/things/:id", {
    summary: "One thing",
    input: z.object({ id: z.string() }),
    output: Thing,
    errors: { THING_NOT_FOUND: 404 },
    auth: "user",
    allow: [],
  }),
  make: command("POST /v1/things", {
    input: z.object({ name: z.string().min(1) }),
    output: Thing,
    status: 201,
    errors: { TOO_MANY_THINGS: 409 },
    auth: "user",
    keyed: "required",
    allow: [],
  }),
  end: command("POST /v1/things/:id/end", {
    input: z.object({ id: z.string() }),
    output: Thing,
    auth: "operator",
    allow: [],
  }),
  watch: events("GET /v1/things/:id/events", {
    input: z.object({ id: z.string(), lastEventId: z.int().optional() }),
    allow: [],
  }),
});
const { list, get, make, end, watch } = things.operations;
const document = openApi(
  { listThings: list, getThing: get, makeThing: make, endThing: end, watchThing: watch },
  {
    info: { title: "Things", version: "1.0.0" },
    schemas: { Thing, Money },
    additions: {
      makeThing: {
        requestHeaders: { Prefer: z.string().optional() },
        responses: {
          "201": { headers: { Location: z.string() } },
          "202": { description: "Soon" },
          "503": { headers: { Location: z.string().optional() } },
        },
      },
    },
    paths: { "/health": { get: { responses: { "200": { description: "Well" } } } } },
  },
);

// oxlint-disable-next-line typescript/no-explicit-any -- a document of any shape
const root: any = document;
const at = (pointer: string) =>
  pointer.split("/").reduce((node, key) => node?.[key.replaceAll("~1", "/")], root);

describe("openApi", () => {
  it("is a valid OpenAPI 3.1 document", async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(result).toEqual({ valid: true });
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it("says where each part of an input goes", () => {
    const names = (pointer: string) =>
      at(pointer).map((each: { in: string; name: string }) => `${each.in} ${each.name}`);
    expect(names("paths/~1v1~1things/get/parameters")).toEqual([
      "query limit",
      "query cursor",
      "query query",
    ]);
    expect(names("paths/~1v1~1things~1{id}/get/parameters")).toEqual(["path id"]);
    expect(names("paths/~1v1~1things/post/parameters")).toEqual(["header Prefer", "header Idempotency-Key"]);
    expect(names("paths/~1v1~1things~1{id}~1events/get/parameters")).toEqual([
      "path id",
      "header Last-Event-ID",
    ]);
    expect(
      at("paths/~1v1~1things/post/requestBody/content/application~1json/schema/properties"),
    ).toHaveProperty("name");
    expect(at("paths/~1v1~1things~1{id}~1end/post")).not.toHaveProperty("requestBody");
  });

  it("refers to named schemas and leaves room for new members", () => {
    expect(at("paths/~1v1~1things~1{id}/get/responses/200/content/application~1json/schema")).toEqual({
      $ref: "#/components/schemas/Thing",
    });
    expect(at("components/schemas/Thing/properties/price")).toEqual({
      $ref: "#/components/schemas/Money",
      description: "of one thing",
    });
    expect(Object.keys(at("components/schemas")).toSorted()).toEqual(["Money", "Problem", "Thing"]);
    expect(JSON.stringify(document)).not.toContain('"additionalProperties":false');
    expect(JSON.stringify(document)).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });

  it("lists the codes of every problem answer", () => {
    const responses = at("paths/~1v1~1things/post/responses");
    expect(Object.keys(responses)).toEqual([
      "201",
      "202",
      "400",
      "401",
      "409",
      "413",
      "415",
      "422",
      "429",
      "500",
      "503",
      "504",
    ]);
    expect(responses["409"].description).toBe("`IDEMPOTENCY_KEY_IN_FLIGHT`, `TOO_MANY_THINGS`");
    expect(responses["409"].content).toEqual({
      "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
    });
    expect(at("paths/~1v1~1things~1{id}/get/responses/404/description")).toBe("`THING_NOT_FOUND`");
  });

  it("names the headers of answers, those that were added besides those of the contract", () => {
    const headersOf = (status: string) =>
      Object.keys(at(`paths/~1v1~1things/post/responses/${status}/headers`) ?? {});
    expect(headersOf("201")).toEqual(["Idempotency-Replayed", "Location"]);
    expect(headersOf("429")).toEqual(["Retry-After", "RateLimit", "RateLimit-Policy"]);
    expect(headersOf("503")).toEqual(["Retry-After", "Location"]);
    expect(at("paths/~1v1~1things/post/responses/503/description")).toBe("`UNAVAILABLE`");
  });

  it("has room for paths of no contract", () => {
    expect(at("paths/~1health/get/responses/200/description")).toBe("Well");
  });

  it("says who may call", () => {
    expect(at("paths/~1v1~1things/get")).not.toHaveProperty("security");
    expect(at("paths/~1v1~1things/post/security")).toEqual([{ accessToken: [] }]);
    expect(at("paths/~1v1~1things~1{id}~1end/post/security")).toEqual([{ operatorToken: [] }]);
    expect(at("paths/~1v1~1things~1{id}~1end/post/responses")).toHaveProperty("403");
  });
});
