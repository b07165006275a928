import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CommandError } from "../command-error.ts";
import { operatorsApi } from "../operators-api.ts";
import { dlq } from "./dlq.ts";

const letter = {
  service: "orders",
  id: "l1",
  source: "/services/payments",
  messageId: "e1",
  type: "payment.refunded",
  subject: "ord_1",
  sequence: 7,
  status: "dead",
  attempts: 6,
  error: "boom",
  reason: null,
  firstFailedAt: "2026-11-21T12:00:00.000Z",
  lastFailedAt: "2026-11-21T12:01:00.000Z",
  settledAt: null,
};
const whole = {
  ...letter,
  body: { data: 1 },
  failures: [{ at: letter.lastFailedAt, via: "queue", error: "boom" }],
};
const page = { items: [letter], nextCursor: "next", total: 3, degraded: [] };
const done = {
  matched: 2,
  settled: 2,
  failed: 0,
  left: 0,
  before: "now",
  items: [letter],
  failures: [] as { service: string; id: string; reason: string }[],
  degraded: [],
};
const failures = (...ids: string[]) => ids.map((id) => ({ service: "orders", id, reason: `no ${id}` }));

const TOKEN = { WEFT_OPERATOR_TOKEN: "secret" };

/** Runs the command against an API that gives these answers, one after the other. */
async function run(args: string, answers: unknown[], { env = TOKEN as NodeJS.ProcessEnv, file = "" } = {}) {
  const asked: { request: string; body: unknown; token: string | null }[] = [];
  const send = async (url: URL | RequestInfo, init?: RequestInit) => {
    const request = new Request(url as URL, init);
    const { pathname, search, origin } = new URL(request.url);
    asked.push({
      request: `${request.method} ${origin}${pathname}${search}`,
      body: init?.body ? JSON.parse(init.body as string) : undefined,
      token: request.headers.get("authorization"),
    });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer instanceof Response ? answer : Response.json(answer);
  };
  const printed: string[] = [];
  const code = await dlq(args.split(" "), {
    api: () => operatorsApi(undefined, env, send as typeof fetch),
    print: (text) => printed.push(text),
    readFile: () => file,
  }).catch((error: unknown) => error);
  return { code, text: printed.join("\n"), asked };
}

describe("weft dlq", () => {
  it("lists letters as a table, by filters", async () => {
    const { code, text, asked } = await run("list --service orders --status dead --limit 5", [page]);
    expect(asked).toEqual([
      {
        request: "GET http://127.0.0.1:8787/_weft/dead-letters?service=orders&status=dead&limit=5",
        body: undefined,
        token: "Bearer secret",
      },
    ]);
    expect(code).toBe(0);
    expect(text).toContain("orders/l1  dead    payment.refunded");
    expect(text).toContain("1 of 3");
    expect(text).toContain("--cursor next");
  });

  it("says who did not answer, and does not call that well", async () => {
    const { code, text } = await run("list", [{ ...page, degraded: ["views"] }]);
    expect(code).toBe(1);
    expect(text).toContain("they do not answer: views");
  });

  it("gives programs the answer as it is", async () => {
    const { text } = await run("list --json", [page]);
    expect(JSON.parse(text)).toEqual(page);
  });

  it("shows a letter with its history and message", async () => {
    const { text, asked } = await run("show orders/l1", [whole]);
    expect(asked[0]?.request).toBe("GET http://127.0.0.1:8787/_weft/dead-letters/orders/l1");
    expect(text).toContain("queue  boom");
    expect(text).toContain('"data": 1');
  });

  it("edits, replays and discards one letter", async () => {
    const edited = await run("edit l1 --service orders --body f", [whole], { file: '{"data":2}' });
    expect(edited.asked[0]).toMatchObject({
      request: "PUT http://127.0.0.1:8787/_weft/dead-letters/orders/l1",
      body: { body: { data: 2 } },
    });
    const replayed = await run("replay orders/l1", [{ ...whole, status: "replayed" }]);
    expect(replayed).toMatchObject({ code: 0, asked: [{ request: expect.stringContaining("/l1/replay") }] });
    const discarded = await run("discard orders/l1 --reason test", [whole]);
    expect(discarded).toMatchObject({ code: 0, asked: [{ body: { reason: "test" } }] });
  });

  it("tells by its exit code that a replayed letter is still dead", async () => {
    expect((await run("replay orders/l1", [whole])).code).toBe(1);
  });

  it("replays many until none is left, each call going on where the one before ended", async () => {
    const answers = [
      { ...done, left: 5 },
      { ...done, left: 0, failed: 1, failures: failures("l9") },
    ];
    const { code, text, asked } = await run("replay --all --type payment.refunded --rate 50", answers);
    expect(asked.map(({ body }) => body)).toEqual([
      { type: "payment.refunded", dryRun: false, rate: 50 },
      { type: "payment.refunded", dryRun: false, rate: 50, before: "now" },
    ]);
    expect(text).toContain("4 settled, 1 failed, 0 left.");
    expect(code).toBe(1);
  });

  it("names each letter that failed and why, once, however many calls it failed in", async () => {
    const call = { ...done, settled: 1, failed: 2, failures: failures("l8", "l9") };
    const { code, text } = await run("replay --all", [{ ...call, left: 1 }, call]);
    expect(text).toContain("2 settled, 2 failed, 0 left.");
    expect(text.match(/orders\/l8 +no l8/g)).toHaveLength(1);
    expect(code).toBe(1);
    const json = await run("replay --all --json", [call]);
    expect(JSON.parse(json.text)).toMatchObject({ failed: 2, failures: call.failures });
    expect(json.code).toBe(1);
  });

  it("names the first hundred of them, and tells how many there are", async () => {
    const ids = Array.from({ length: 150 }, (_, n) => `x${n}`);
    const calls = [ids.slice(0, 100), ids.slice(100)].map((some, n) => ({
      ...done,
      failed: some.length,
      left: n === 0 ? 50 : 0,
      failures: failures(...some),
    }));
    const { text } = await run("replay --all", calls);
    expect(text).toContain("150 failed");
    expect(text).toContain("orders/x99");
    expect(text).not.toContain("orders/x100");
    expect(text).toContain("and 50 more");
  });

  it("ends when each call fails on the same letters only", async () => {
    const call = { ...done, settled: 0, failed: 1, left: 5, failures: failures("l8") };
    const { code, asked } = await run("replay --all", [call, call, call, call]);
    expect(asked).toHaveLength(2);
    expect(code).toBe(1);
  });

  it("does not go on for ever when a call gets nowhere", async () => {
    const stuck = { ...done, settled: 0, items: [], left: 5, degraded: ["orders"] };
    const { code, asked } = await run("discard --all --reason x", [stuck, stuck, stuck]);
    expect(asked.length).toBeLessThanOrEqual(2);
    expect(code).toBe(1);
  });

  it("only tells what a dry run would do", async () => {
    const { code, text, asked } = await run("replay --all --dry-run", [{ ...done, settled: 0, left: 2 }]);
    expect(asked).toHaveLength(1);
    expect(text).toContain("2 would be replayed");
    expect(code).toBe(0);
  });

  it.each([
    ["", "What is to be done?"],
    ["bury", 'There is no command "dlq bury".'],
    ["show", "Which letter?"],
    ["show l1", '"l1" names no letter.'],
    ["show a/b c", '"c" is too much.'],
    ["replay", "Which letters?"],
    ["replay --all --rate fast", '--rate is "fast".'],
    ["discard --all", "A reason is missing."],
    ["discard orders/l1", "A reason is missing."],
    ["edit orders/l1", "The message is missing."],
    ["edit orders/l1 --body f", "The message cannot be read from f."],
    ["list --colour red", "Unknown option '--colour'"],
  ])("asks nobody when it is misused: weft dlq %s", async (args, what) => {
    const { code, asked } = await run(args, []);
    expect(code).toBeInstanceOf(CommandError);
    expect((code as CommandError).message).toContain(what);
    expect((code as CommandError).fix).not.toBe("");
    expect(asked).toEqual([]);
  });
});

describe("the operators' API", () => {
  const problem = (status: number, code: string, more = {}) =>
    Response.json({ title: "It went wrong", status, code, ...more }, { status });

  it("is that of WEFT_URL, with the token that npm start has made", async () => {
    const root = mkdtempSync(join(tmpdir(), "weft-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    writeFileSync(join(root, "secrets.json"), JSON.stringify({ WEFT_OPERATOR_TOKEN: "kept" }));
    const requests: Request[] = [];
    const send = async (url: URL | RequestInfo, init?: RequestInit) => {
      requests.push(new Request(url as URL, init));
      return Response.json({});
    };
    const env = { WEFT_URL: "https://shop.example/", WEFT_STATE: "." };
    await operatorsApi(root, env, send as typeof fetch)("GET", "/x");
    expect(requests[0]?.url).toBe("https://shop.example/_weft/x");
    expect(requests[0]?.headers.get("authorization")).toBe("Bearer kept");
  });

  it.each([
    ["no token", { env: {} }, [], "There is no operators' token.", "npm start"],
    ["no URL", { env: { ...TOKEN, WEFT_URL: "shop" } }, [], 'WEFT_URL is "shop".', "such as"],
    ["nobody there", {}, [new Error("refused")], "does not answer", "npm start"],
    ["a wrong token", {}, [problem(401, "TOKEN_INVALID")], "It went wrong.", "WEFT_OPERATOR_TOKEN"],
    ["no such letter", {}, [problem(404, "DEAD_LETTER_NOT_FOUND")], "It went wrong.", "`list`"],
    ["no detail", {}, [problem(409, "PAST_PIVOT")], "It went wrong.", "`show`"],
    ["an outage", {}, [problem(503, "UNAVAILABLE", { traceId: "t1" })], "It went wrong.", "t1"],
    ["another server", {}, [new Response("<html>", { status: 502 })], "answered 502", "Try again"],
    ["another page", {}, [new Response("<html>")], "answered 200", "`list`"],
  ])("says what, why and how to fix it: %s", async (_, given, answers, what, fix) => {
    const { code } = await run("list", answers, given);
    const error = code as CommandError;
    expect(error.message).toContain(what);
    expect(error.why).not.toMatch(/^$|[{}]/);
    expect(error.fix).toContain(fix);
  });
});
