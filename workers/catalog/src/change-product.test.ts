import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { beforeEach, describe, expect, it } from "vitest";
import { seed } from "../seed.ts";
import { catalog } from "./contract.ts";
import worker from "./index.ts";

const euros = (amount: number) => ({ amount, currency: "EUR" });
const operator = { caller: "gateway", principal: { sub: "op", scopes: ["operator"] } };

let DB: D1Database;
let served: ReturnType<typeof serve>;
let sent: { type: string; data: unknown }[];
beforeEach(async () => {
  DB = d1("migrations/catalog");
  await DB.batch(seed().map((statement) => DB.prepare(statement)));
  sent = [];
  served = serve(worker, {
    DB,
    CHECKOUT_EVENTS: {
      sendBatch: async (messages: { body: (typeof sent)[number] }[]) =>
        void sent.push(...messages.map(({ body: { type, data } }) => ({ type, data }))),
    },
  });
});

const change = (input: Parameters<ReturnType<typeof client>["changeProduct"]>[0]) =>
  client().changeProduct(input);
const client = () => served.client(catalog, operator);
const log = async () =>
  (await DB.prepare("SELECT type, subject_seq FROM events WHERE subject = 'prod_001' ORDER BY seq").all())
    .results;

describe("a change of a product", () => {
  it("is seen by readers and told to subscribers, as all that the product is", async () => {
    const changed = await change({ id: "prod_001", price: euros(1_299) });
    expect(changed).toMatchObject({ id: "prod_001", name: "Pine Cutting Board", price: euros(1_299) });
    expect(await client().getProduct({ id: "prod_001" })).toEqual(changed);
    await served.settled();
    const { id: productId, ...facts } = changed;
    expect(sent).toEqual([{ type: "product.changed", data: { productId, ...facts } }]);
  });

  it("that changes nothing tells nobody, so it may be asked for again", async () => {
    for (let n = 0; n < 3; n++) await change({ id: "prod_001", name: "Pine Board" });
    await change({ id: "prod_001" });
    expect(await log()).toEqual([
      { type: "product.added", subject_seq: 1 },
      { type: "product.changed", subject_seq: 2 },
    ]);
  });

  it.each([
    [
      "so high that sums of it are no exact numbers",
      { amount: Number.MAX_SAFE_INTEGER, currency: "EUR" },
      "/price/amount",
    ],
    ["in no currency", { amount: 1, currency: "€€€" }, "/price/currency"],
  ])("is refused for a price %s", async (_, price, pointer) => {
    await expect(change({ id: "prod_001", price })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [expect.objectContaining({ pointer })],
    });
  });

  it("is not undone in the events by another one at the same moment", async () => {
    await Promise.all([
      change({ id: "prod_001", name: "Pine Board" }),
      change({ id: "prod_001", price: euros(1) }),
    ]);
    await served.settled();
    expect(sent.at(-1)?.data).toMatchObject({ name: "Pine Board", price: euros(1) });
    expect(await client().getProduct({ id: "prod_001" })).toMatchObject({
      name: "Pine Board",
      price: euros(1),
    });
  });

  it("is for operators, and of a product that there is", async () => {
    await expect(change({ id: "nothing", name: "x" })).rejects.toMatchObject({ code: "PRODUCT_NOT_FOUND" });
    await expect(
      served.client(catalog, { caller: "gateway" }).changeProduct({ id: "prod_001", name: "x" }),
    ).rejects.toMatchObject({ code: "AUTHENTICATION_REQUIRED" });
  });
});
