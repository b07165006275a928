import { describe, expect, it } from "vitest";
import { problemOf, testApp } from "../test-app.ts";
import { bodyLimit } from "./body-limit.ts";

const limits = { maxSize: 10, maxDiscarded: 100, patience: 20 };
const app = testApp(bodyLimit(limits)).all("/", async (c) => c.text(await c.req.text()));

function chunked(...sizes: number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const size = sizes.shift();
      if (size === undefined) controller.close();
      else controller.enqueue(new Uint8Array(size).fill(97));
    },
  });
}
const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  app.request("/", { method: "POST", body, headers, duplex: "half" } as RequestInit) as Promise<Response>;

describe("bodyLimit", () => {
  it("lets small bodies through, whole", async () => {
    expect(await (await post("0123456789", { "content-length": "10" })).text()).toBe("0123456789");
    expect(await (await post(chunked(4, 6))).text()).toBe("aaaaaaaaaa");
    expect((await app.request("/")).status).toBe(200);
  });

  it.each([
    ["that says its length", () => post("0123456789a", { "content-length": "11" })],
    ["that does not", () => post(chunked(6, 6))],
    ["in one chunk too big", () => post(chunked(11), { "transfer-encoding": "chunked" })],
  ])("refuses a big body %s", async (_, send) => {
    const response = await send();
    expect([response.status, (await problemOf(response)).code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  });

  it("does not read an endless body to its end", async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(4));
      },
    });
    expect((await post(endless)).status).toBe(413);
    expect(pulled).toBeGreaterThan(10 / 4);
    expect(pulled).toBeLessThan(40);
  });

  it.each([
    ["that says its length", { "content-length": "50" }],
    ["that does not", {}],
  ])(
    "takes in the rest of a big body %s before it answers, so that the answer arrives",
    async (_, headers) => {
      const sizes = [6, 6, 20, 18];
      const ended = Promise.withResolvers<void>();
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const size = sizes.shift();
          if (size === undefined) return (controller.close(), ended.resolve());
          controller.enqueue(new Uint8Array(size));
        },
      });
      expect((await post(body, headers)).status).toBe(413);
      expect(sizes).toEqual([]);
      await ended.promise;
    },
  );

  it("does not wait for ever for a body that stops coming", async () => {
    const stuck = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(11)),
    });
    expect((await post(stuck)).status).toBe(413);
  });

  it("answers also when the client leaves in the middle", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (controller.desiredSize === 1) controller.enqueue(new Uint8Array(11));
        else controller.error(new Error("gone"));
      },
    });
    expect((await post(broken)).status).toBe(413);
  });

  it("holds for the body of a GET, too", async () => {
    const get = (size: number) => {
      const request = new Request("http://localhost/");
      Object.defineProperty(request, "body", { value: chunked(size) });
      return app.request(request) as Promise<Response>;
    };
    expect((await get(11)).status).toBe(413);
    expect((await get(10)).status).toBe(200);
  });
});
