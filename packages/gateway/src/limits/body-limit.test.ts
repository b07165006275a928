import { describe, expect, it } from "vitest";
import { problemOf, testApp } from "../test-app.ts";
import { bodyLimit } from "./body-limit.ts";

const app = testApp(bodyLimit(10)).all("/", async (c) => c.text(await c.req.text()));

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
    expect(pulled).toBeLessThan(10);
  });
});
