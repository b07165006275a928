import { describe, expect, it } from "vitest";
import { MeshError, meshError } from "./error.ts";
import { fromResponse, problemResponse, toProblem } from "./problem.ts";

describe("a problem", () => {
  it.each([409, 429, 500, 503, 504])("of %i says either way whether to try again", (status) => {
    expect(toProblem(new MeshError("X", { status }), "t").retryable).toBe(false);
    expect(toProblem(new MeshError("X", { status, retryable: true }), "t").retryable).toBe(true);
  });

  it.each([400, 402, 404, 422])("of %i says nothing of trying again", (status) => {
    expect(toProblem(new MeshError("X", { status }), "t")).not.toHaveProperty("retryable");
  });

  it("keeps over a hop whether to try again, when, and where to look", async () => {
    const said = meshError("UNAVAILABLE", "Gone for good.", {
      retryable: false,
      retryAfter: 3,
      headers: { location: "/v1/orders/1" },
    });
    const { retryable, retryAfter, headers } = await fromResponse("orders", problemResponse(said, "t"));
    expect({ retryable, retryAfter, headers }).toEqual({
      retryable: false,
      retryAfter: 3,
      headers: { location: "/v1/orders/1" },
    });
  });

  const answer = (body: string, status: number) =>
    new Response(body, { status, headers: { "content-type": "application/problem+json" } });

  it.each(["{", "null", "7", '{"title":"No code"}', '{"code":7}'])(
    "that is none (%s) is a broken answer, not a connection that failed",
    async (body) => {
      expect(await fromResponse("quotes", answer(body, 502))).toMatchObject({
        code: "UNAVAILABLE",
        received: 502,
      });
      expect(await fromResponse("quotes", answer(body, 404))).toMatchObject({
        code: "UNAVAILABLE",
        received: 404,
      });
    },
  );

  it("says nothing beyond what a problem may say: members with the names of our own fields mean nothing", async () => {
    const members = { code: "NO_RATE", title: "No rate", headers: { "set-cookie": "a=b" }, cause: "forged" };
    const error = await fromResponse("quotes", answer(JSON.stringify(members), 422));
    expect(error).toMatchObject({ code: "NO_RATE", title: "No rate", status: 422, headers: {} });
    expect(error.cause).toBeUndefined();
  });
});
