import { expect, it } from "vitest";
import { fail, ok, type Reply, stage } from "./fixture.ts";

const id = { id: "1" };

it("records what the caller experienced and what the callee experienced", async () => {
  const { calls, world, observations } = stage();
  const replies = [fail("UNAVAILABLE"), ok];
  world.reply = (request) => (replies.shift() ?? ok)(request);
  await calls().get(id);
  expect(observations.map(({ kind, code, attempt }) => [kind, code, attempt])).toEqual([
    ["attempt", "UNAVAILABLE", 1],
    ["attempt", "OK", 2],
    ["route", "OK", 1],
  ]);
  const [first, , route] = observations;
  expect(first).toMatchObject({ operation: "shop.get", peer: "shop", trace: route?.trace });
  expect(first?.parent).toBe(route?.span);
});

it("names the version that answered, be it well or with an error", async () => {
  const { calls, world, repeat, observations } = stage();
  const by =
    (version: string, reply: Reply): Reply =>
    async (request) => {
      const response = await reply(request);
      response.headers.set("weft-version", version);
      return response;
    };
  const replies = [by("v1", fail("UNAVAILABLE")), by("v2", ok)];
  world.reply = (request) => (replies.shift() ?? ok)(request);
  await calls().get(id);
  await repeat(
    1,
    by("v3", () => new Response("<h1>Bad Gateway</h1>", { status: 502 })),
  );
  await repeat(1, ok);
  const of = (kind: string) =>
    observations.filter((each) => each.kind === kind).map(({ peerVersion }) => peerVersion);
  expect(of("attempt")).toEqual(["v1", "v2", "v3", undefined]);
  expect(of("route")).toEqual(["v2", "v3", undefined]);
});

it("marks and counts degraded answers and shed calls", async () => {
  const { repeat, calls, callees, observations } = stage();
  await repeat(7, fail("UNAVAILABLE"));
  observations.length = 0;
  expect(await calls().get(id, { fallback: { name: "unknown" } })).toEqual({ name: "unknown" });
  expect(observations).toMatchObject([{ kind: "route", code: "CIRCUIT_OPEN", degraded: true, shed: true }]);
  expect(callees.tracks.get("shop.get")?.counters).toMatchObject({
    calls: 8,
    failed: 7,
    degraded: 1,
    shed: 1,
    attempts: 7,
    codes: { UNAVAILABLE: 7 },
  });
});

it("times a call and its tries by what their answers took", async () => {
  const { calls, world, observations } = stage();
  world.now += 5_000;
  world.reply = () => {
    world.now += 40;
    return ok(new Request("http://mesh/"));
  };
  await calls().get(id);
  expect(observations.map(({ kind, duration }) => [kind, duration])).toEqual([
    ["attempt", 40],
    ["route", 40],
  ]);
});
