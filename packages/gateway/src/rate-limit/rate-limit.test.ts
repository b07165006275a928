import { describe, expect, it, vi } from "vitest";
import { problemOf, testApp } from "../test-app.ts";
import { clientOf, rateLimit, type RateLimiter, type RateLimitPolicy } from "./rate-limit.ts";

const policy = {
  name: "default",
  quota: 3,
  window: 10,
  client: clientOf,
  binding: (c) => c.env.LIMIT,
} satisfies RateLimitPolicy;

/** Lets `quota` requests of each key through. */
function limiter(quota: number): RateLimiter & { keys: string[] } {
  const keys: string[] = [];
  return {
    keys,
    limit: async ({ key }) => {
      keys.push(key);
      return { success: keys.filter((each) => each === key).length <= quota };
    },
  };
}

function app(LIMIT: RateLimiter, ...more: RateLimitPolicy[]) {
  const hono = testApp(
    async (c, next) => {
      const sub = c.req.header("user");
      if (sub) c.set("principal", { sub, scopes: [] });
      await next();
    },
    ...[policy, ...more].map((each) => rateLimit(each, () => 22_000)),
  ).get("/", (c) => c.json({}));
  return (headers: Record<string, string> = {}) =>
    hono.request("/", { headers }, { LIMIT }) as Promise<Response>;
}

describe("rateLimit", () => {
  it("tells each client where it stands, after draft-ietf-httpapi-ratelimit-headers", async () => {
    const get = app(limiter(3));
    await get();
    const { headers } = await get();
    expect(headers.get("ratelimit-policy")).toBe('"default";q=3;w=10');
    expect(headers.get("ratelimit")).toBe('"default";r=1;t=8');
  });

  it("refuses what is too much with 429 and Retry-After", async () => {
    const get = app(limiter(1));
    await get();
    const refused = await get();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("8");
    expect(refused.headers.get("ratelimit")).toBe('"default";r=0;t=8');
    expect(await problemOf(refused)).toMatchObject({ code: "RATE_LIMITED", retryable: true });
  });

  it("counts users by their id and others by their address", async () => {
    const LIMIT = limiter(9);
    const get = app(LIMIT);
    await get({ user: "usr_1", "cf-connecting-ip": "192.0.2.1" });
    await get({ "cf-connecting-ip": "192.0.2.1", "x-forwarded-for": "spoofed" });
    expect(LIMIT.keys).toEqual(["user usr_1", "address 192.0.2.1"]);
  });

  it("counts an IPv6 network as one client, since its owner has 2^64 addresses in it", async () => {
    const LIMIT = limiter(9);
    const get = app(LIMIT);
    await get({ "cf-connecting-ip": "2001:db8:1:2::1" });
    await get({ "cf-connecting-ip": "2001:db8:1:2:ffff::2" });
    expect(new Set(LIMIT.keys)).toEqual(new Set(["address 2001:db8:1:2::/64"]));
  });

  it("lists every policy that applied, also when one refused", async () => {
    const get = app(limiter(3), { ...policy, name: "login", quota: 1, client: () => "one" });
    for (const used of [1, 2, 3])
      expect((await get()).headers.get("ratelimit")).toBe(`"login";r=0;t=8, "default";r=${3 - used};t=8`);
    const { headers } = await get();
    expect(headers.get("ratelimit-policy")).toContain('"default";q=3;w=10');
  });

  it("lets everybody through while the limiter cannot be asked, and says so in the log", async () => {
    const write = vi.spyOn(console, "log").mockReturnValue();
    const get = app({ limit: () => Promise.reject(new Error("limiter is away")) });
    expect((await get()).status).toBe(200);
    expect(write).toHaveBeenCalledWith(expect.stringContaining("limiter is away"));
    write.mockRestore();
  });
});
