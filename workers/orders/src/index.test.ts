import { header, readContext } from "@weft/mesh";
import { beforeEach, describe, expect, it } from "vitest";
import { factsOf, type Orders, refunded, returned, startOrders } from "../test/orders-service.ts";

let shop: Orders;
beforeEach(() => {
  shop = startOrders();
});

async function statuses(lastEventId?: number): Promise<string[]> {
  const body = (await shop.owner.stream({ id: "ord_1", lastEventId })) as ReadableStream | null;
  const text = await new Response(body).text();
  return [...text.matchAll(/"status":"(\w+)"/g)].map(([, status]) => status ?? "");
}

describe("GET /v1/orders/:id/events", () => {
  it("tells what has happened and ends with a settled status", async () => {
    await shop.place();
    await shop.confirm();
    expect(await statuses()).toEqual(["pending", "confirmed"]);
  });

  it("resumes after the last event that the client saw", async () => {
    await shop.place();
    await shop.confirm();
    expect(await statuses(1)).toEqual(["confirmed"]);
    await shop.owner.cancel({ id: "ord_1" });
    await shop.served.queue("orders-events", [refunded("ord_1"), returned("ord_1")]);
    expect(await statuses(2)).toEqual(["cancelling", "cancelled"]);
  });

  it.each(["garbage", "-1", "1.5", "99999999999999999999"])(
    "begins at the beginning for an id that it never gave (%s)",
    async (id) => {
      await shop.place();
      await shop.confirm();
      const headers = { [header.principal]: encodeURIComponent('{"sub":"usr_1","scopes":[]}') };
      const url = `http://mesh/v1/orders/ord_1/events?lastEventId=${id}`;
      const answer = await shop.served.binding("gateway").fetch(new Request(url, { headers }));
      expect(answer.status).toBe(200);
      expect((await answer.text()).match(/^id: /gm)).toHaveLength(2);
    },
  );

  it("ends when its client goes away, however open the order still is", async () => {
    await shop.place();
    const gone = new AbortController();
    const stream = await shop.asUser("usr_1", gone.signal).stream({ id: "ord_1" });
    const reader = (stream as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain("pending");
    gone.abort();
    expect((await reader.read()).done).toBe(true);
  });

  it("hides no news from who names an id that was never sent", async () => {
    await shop.place();
    const stream = shop.owner.stream({ id: "ord_1", lastEventId: 7 }) as Promise<ReadableStream<Uint8Array>>;
    const reader = (await stream).getReader();
    const news = reader.read();
    await shop.confirm();
    expect(new TextDecoder().decode((await news).value)).toContain("confirmed");
  });

  it("answers 204 to who has seen it all, which stops an EventSource", async () => {
    await shop.place();
    await shop.confirm();
    const headers = { [header.principal]: encodeURIComponent('{"sub":"usr_1","scopes":[]}') };
    const request = new Request("http://mesh/v1/orders/ord_1/events?lastEventId=2", { headers });
    expect(readContext(request, 0).principal).toEqual({ sub: "usr_1", scopes: [] });
    const answer = await shop.served.binding("gateway").fetch(request);
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 204, body: "" });
  });
});

it("does not repeat all of an id that nothing is found by", async () => {
  await expect(shop.owner.get({ id: "x".repeat(3_000) })).rejects.toSatisfy(
    (error: { detail: string }) => error.detail.length < 150,
  );
});

describe("callers", () => {
  it.each(["views", "payments", "nobody"])("%s may neither place nor read orders", async (caller) => {
    const client = shop.served.binding(caller);
    for (const request of [
      new Request("http://mesh/internal/orders", { method: "POST", body: "{}" }),
      new Request("http://mesh/internal/orders/ord_1"),
      new Request("http://mesh/v1/orders/ord_1"),
    ]) {
      expect((await client.fetch(request)).status).toBe(403);
    }
  });
});

describe("the audit", () => {
  it("sums up the confirmed orders, names the open ones, and moves with every change", async () => {
    const audit = () => shop.auditor.audit({});
    expect(await audit()).toEqual({ counts: {}, open: [], confirmedTotal: 0, confirmedUnits: 0, version: 0 });
    for (const id of ["ord_1", "ord_2", "ord_3", "ord_4"]) await shop.place(factsOf(id));
    await shop.confirm("ord_1");
    await shop.confirm("ord_2");
    await shop.reject("ord_3");
    expect(await audit()).toEqual({
      counts: { confirmed: 2, pending: 1, rejected: 1 },
      open: ["ord_4"],
      confirmedTotal: 6_000,
      confirmedUnits: 6,
      version: 7,
    });
    await shop.owner.cancel({ id: "ord_1" });
    expect(await audit()).toMatchObject({
      counts: { cancelling: 1 },
      open: ["ord_1", "ord_4"],
      confirmedTotal: 3_000,
      confirmedUnits: 3,
      version: 8,
    });
  });
});
