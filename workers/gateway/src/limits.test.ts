import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { expect, it } from "vitest";
import { shop } from "./fixture.ts";

const { ratelimits } = parse(readFileSync("wrangler.toml", "utf8")) as unknown as {
  ratelimits: { name: string; namespace_id: string; simple: { limit: number; period: number } }[];
};

it("tells clients the numbers that the bindings have", async () => {
  const { headers } = await shop().post("/v1/sessions", {});
  const told = headers.get("ratelimit-policy")?.split(", ").toSorted();
  const configured = ratelimits.map(({ name, simple }) => {
    const policy = name === "CLIENT_LIMIT" ? "default" : name.replace("_LIMIT", "").toLowerCase();
    return `"${policy}";q=${simple.limit};w=${simple.period}`;
  });
  expect(told).toEqual(configured.toSorted());
  expect(new Set(ratelimits.map(({ namespace_id }) => namespace_id)).size).toBe(ratelimits.length);
});
