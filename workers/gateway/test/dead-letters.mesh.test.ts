import { CommandError, dlq, operatorsApi } from "@weft/cli";
import type { Answer, Json } from "@weft/testkit/shop-client";
import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocks, canRun, Terminal } from "./guide.ts";
import { edge, OPERATOR_TOKEN, operatorOf, startShop } from "./shop.ts";

const catalogOfControl = edge("control", "catalog");
const POISON = "ord_poison";
const AFTER_IT = "ord_after";
const reacting = ["catalog", "notifications", "shipping"];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop([catalogOfControl]);
});
afterAll(() => mesh.close());

const lines = (productId: string) => [
  { productId, name: "Lamp", quantity: 3, price: { amount: 100, currency: "EUR" } },
];
const facts = (orderId: string, productId: string) => ({
  orderId,
  userId: "usr_1",
  items: lines(productId),
  total: { amount: 300, currency: "EUR" },
});

/** Writes an event into the orders' log past all checks, and has it sent. */
async function publish(orderId: string, data: object): Promise<void> {
  await mesh.sql(
    "shop-orders",
    `INSERT INTO events (id, type, subject, subject_seq, data, time, traceparent)
     VALUES (?, 'order.confirmed', ?, 1, ?, 1, '')`,
    crypto.randomUUID(),
    orderId,
    JSON.stringify(data),
  );
  await mesh.cron("shop-orders");
}

const sold = async (productId: string): Promise<number> => {
  const [row] = await mesh.sql<{ sold: number }>(
    "shop-catalog",
    "SELECT sold FROM products WHERE id = ?",
    productId,
  );
  return row?.sold ?? -1;
};
const ofPoison = ({ body }: Answer): Json[] => body.items.filter((each: Json) => each.subject === POISON);
const letterOf = async (service: string): Promise<Json> =>
  ofPoison(await operatorOf(mesh).get(`/_weft/dead-letters?service=${service}&limit=100`))[0];

async function weft(...args: string[]): Promise<{ code: number; printed: string }> {
  const printed: string[] = [];
  const code = await dlq(args, {
    api: () => operatorsApi(undefined, { WEFT_URL: mesh.url, WEFT_OPERATOR_TOKEN: OPERATOR_TOKEN }),
    print: (text) => printed.push(text),
    readFile: () => JSON.stringify({}),
  });
  return { code, printed: printed.join("\n") };
}

describe("a poison message", () => {
  it("goes to the dead letters of each subscriber, and harms no neighbour", { timeout: 90_000 }, async () => {
    const operator = operatorOf(mesh);
    await publish(POISON, { orderId: POISON, items: "none" });
    await publish(AFTER_IT, facts(AFTER_IT, "prod_150"));
    const buyer = await mesh.shop.signUp();
    const bought = await buyer.buy({ items: [{ productId: "prod_151", quantity: 2 }] });
    expect(bought.status).toBe(201);
    // While the poison is still tried.
    await expect.poll(() => sold("prod_151"), { timeout: 10_000 }).toBe(2);
    await expect.poll(() => sold("prod_150"), { timeout: 10_000 }).toBe(3);
    const overview = await buyer.until("/v1/me/overview", ({ body }) => body.shipments.length === 1);
    expect(overview.body.shipments[0].orderId).toBe(bought.body.id);

    // The queue's retries take half a minute.
    const dead = await operator.until(
      "/_weft/dead-letters?status=dead&type=order.confirmed&limit=100",
      (answer) => reacting.every((name) => ofPoison(answer).some(({ service }) => service === name)),
      { tries: 600 },
    );
    expect(dead.body).toMatchObject({ degraded: [] });
    expect(ofPoison(dead)[0]).toMatchObject({ source: "/services/orders", attempts: expect.any(Number) });
  });

  it("is shown with its body and the history of its failures, to operators alone", async () => {
    const { id } = await letterOf("catalog");
    const { body } = await operatorOf(mesh).get(`/_weft/dead-letters/catalog/${id}`);
    expect(body).toMatchObject({
      service: "catalog",
      status: "dead",
      body: { type: "order.confirmed", data: { items: "none" } },
    });
    expect(body.failures.length).toBeGreaterThanOrEqual(6);
    expect(body.failures[0].error).toContain("items");
    expect((await mesh.shop.get(`/_weft/dead-letters/catalog/${id}`)).status).toBe(401);
    expect((await (await mesh.shop.signUp()).get("/_weft/dead-letters")).status).toBe(403);
  });

  it("stays dead when it is replayed as it is", async () => {
    const { id, attempts } = await letterOf("catalog");
    const { body } = await operatorOf(mesh).post(`/_weft/dead-letters/catalog/${id}/replay`);
    expect(body).toMatchObject({ status: "dead", attempts: attempts + 1 });
    expect(body.failures.at(-1).via).toBe("replay");
  });

  it("takes effect once when it is edited and replayed, however often", async () => {
    const operator = operatorOf(mesh);
    const { id } = await letterOf("catalog");
    const path = `/_weft/dead-letters/catalog/${id}`;
    const { body: event } = (await operator.get(path)).body;
    const body = { ...event, data: facts(POISON, "prod_152") };
    expect(await operator.send("PUT", path, { body: { body } })).toMatchObject({
      status: 200,
      body: { body },
    });
    const replays = await Promise.all([
      operator.post(`${path}/replay`),
      operator.post(`${path}/replay`),
      operator.post(`${path}/replay`),
    ]);
    expect(replays.map((each) => each.body.status)).toEqual(["replayed", "replayed", "replayed"]);
    expect((await operator.post(`${path}/replay`)).body.status).toBe("replayed");
    // The log gives it out as well.
    await mesh.cron("shop-catalog");
    expect(await sold("prod_152")).toBe(3);
    expect(await operator.send("PUT", path, { body: { body } })).toMatchObject({
      status: 409,
      body: { code: "DEAD_LETTER_SETTLED" },
    });
  });

  it("is given up for a reason", async () => {
    const operator = operatorOf(mesh);
    const { id } = await letterOf("shipping");
    const path = `/_weft/dead-letters/shipping/${id}/discard`;
    expect(await operator.post(path, {})).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    const reason = "no such order";
    expect(await operator.post(path, { reason })).toMatchObject({
      status: 200,
      body: { status: "discarded", reason },
    });
    expect((await operator.post(path, { reason: "again" })).body.reason).toBe(reason);
    const { id: settled } = await letterOf("catalog");
    expect((await operator.post(`/_weft/dead-letters/catalog/${settled}/discard`, { reason })).status).toBe(
      409,
    );
  });

  it("is listed although a subscriber is down, which is named", async () => {
    await mesh.fault(catalogOfControl, { kind: "down" });
    const { status, body } = await operatorOf(mesh).get("/_weft/dead-letters?limit=100");
    expect(status).toBe(200);
    expect(body.degraded).toEqual(["catalog"]);
    expect(body.items.map(({ service }: Json) => service)).toContain("notifications");
    await mesh.fault(catalogOfControl, { kind: "none" });
  });

  it.skipIf(!canRun)("is found by the commands of the guide", async () => {
    const terminal = new Terminal(mesh.url, { WEFT_OPERATOR_TOKEN: OPERATOR_TOKEN, WEFT_URL: mesh.url });
    const printed: string[] = [];
    for (const { text } of blocks("docs/guides/dead-letters.md"))
      for (const command of text.split("\n")) printed.push((await terminal.run(command)) ?? "");
    const [table, ...answers] = printed;
    expect(table).toContain("notifications/");
    expect(answers.map((answer) => JSON.parse(answer))).toMatchObject([
      { degraded: [], items: expect.arrayContaining([expect.objectContaining({ subject: POISON })]) },
      { degraded: [], items: expect.arrayContaining([expect.objectContaining({ subject: POISON })]) },
    ]);
  });

  it("is settled from the command line, one by one or all at once", async () => {
    const { id } = await letterOf("notifications");
    const shown = await weft("show", `notifications/${id}`);
    expect(shown.printed).toContain('"items": "none"');
    const filter = ["--all", "--service", "notifications", "--type", "order.confirmed"];
    const dry = await weft("discard", ...filter, "--reason", "a rehearsal", "--dry-run");
    expect(dry.printed).toContain("1 would be discarded");
    expect((await letterOf("notifications")).status).toBe("dead");
    const replayed = await weft("replay", ...filter, "--rate", "50");
    expect(replayed).toMatchObject({
      code: 1,
      printed: expect.stringContaining("0 settled, 1 failed"),
    });
    const discarded = await weft("discard", ...filter, "--reason", "a rehearsal", "--json");
    expect(JSON.parse(discarded.printed)).toMatchObject({ settled: 1, failed: 0, left: 0 });
    expect(await letterOf("notifications")).toMatchObject({ status: "discarded", reason: "a rehearsal" });
    await expect(weft("show", "notifications/none")).rejects.toBeInstanceOf(CommandError);
  });
});
