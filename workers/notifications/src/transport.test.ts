import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleTransport, httpTransport, transportOf } from "./transport.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const mail = { id: "ntf_1", to: "ada@example.com", subject: "Hello", text: "Hello, Ada", traceId };

function answering(respond: (request: Request) => Response | Promise<Response>) {
  const requests: Request[] = [];
  const fetch = async (url: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(url, init);
    requests.push(request);
    return respond(request);
  };
  const transport = httpTransport({ url: "https://mail.test/send", token: "t0k3n", timeout: 20, fetch });
  return { requests, transport };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the HTTP transport", () => {
  it("posts the mail as JSON, with the token and an id that stays the same", async () => {
    const { requests, transport } = answering(() => new Response(null, { status: 202 }));
    await transport.send(mail);
    await transport.send(mail);
    for (const request of requests) {
      expect({ url: request.url, method: request.method }).toEqual({
        url: "https://mail.test/send",
        method: "POST",
      });
      expect(request.headers.get("authorization")).toBe("Bearer t0k3n");
      expect(request.headers.get("idempotency-key")).toBe("ntf_1");
      expect(await request.json()).toEqual({ to: "ada@example.com", subject: "Hello", text: "Hello, Ada" });
    }
  });

  it.each([408, 429, 500, 503])("may be tried again after %i", async (status) => {
    const { transport } = answering(() => new Response("no", { status }));
    await expect(transport.send(mail)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  it.each([400, 401, 422])("is refused for good with %i", async (status) => {
    const { transport } = answering(() => new Response("no", { status }));
    await expect(transport.send(mail)).rejects.toMatchObject({ code: "MAIL_REFUSED", retryable: false });
  });

  it("gives up after its time limit", async () => {
    const { transport } = answering(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    );
    await expect(transport.send(mail)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      cause: { name: "TimeoutError" },
    });
  });
});

describe("the console transport", () => {
  it("logs the mail as one structured line", async () => {
    const line = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await consoleTransport.send(mail);
    expect(line.mock.calls.map(([text]) => JSON.parse(String(text)) as unknown)).toEqual([
      { level: "info", message: "mail", ...mail },
    ]);
  });
});

describe("the transport that the variables name", () => {
  it("is the console's, or the HTTP one if it is set up", () => {
    expect(transportOf({ MAIL_TRANSPORT: "console" })).toBe(consoleTransport);
    const http = { MAIL_TRANSPORT: "http", MAIL_API_URL: "https://mail.test", MAIL_API_TOKEN: "t" };
    expect(transportOf(http)).not.toBe(consoleTransport);
  });

  it.each([
    [{ MAIL_TRANSPORT: "smtp" }, 'use "console" or "http"'],
    [{ MAIL_TRANSPORT: "http", MAIL_API_URL: "https://mail.test" }, "MAIL_API_TOKEN"],
    [{ MAIL_TRANSPORT: "http", MAIL_API_TOKEN: "t", MAIL_API_URL: "" }, "MAIL_API_URL"],
  ])("is none for %j", (env, hint) => {
    expect(() => transportOf(env)).toThrow(hint);
  });
});
