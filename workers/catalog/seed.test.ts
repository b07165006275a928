import { parseTraceparent } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { expect, it } from "vitest";
import { seed } from "./seed.ts";
import { catalog } from "./src/contract.ts";

interface Row {
  id: string;
  name: string;
  description: string;
  price_amount: number;
  price_currency: string;
}

it("fills the shop with 200 different products, and a second time changes nothing", async () => {
  const DB = d1("migrations/catalog");
  const run = () => DB.batch(seed().map((statement) => DB.prepare(statement)));
  await run();
  await DB.exec("UPDATE products SET sold = 7 WHERE id = 'prod_001'");
  await run();
  const { results } = await DB.prepare("SELECT * FROM products ORDER BY id").all<Row>();
  expect(results.map(({ id }) => id)).toEqual(
    Array.from({ length: 200 }, (_, index) => `prod_${String(index + 1).padStart(3, "0")}`),
  );
  expect(new Set(results.map(({ name }) => name)).size).toBe(200);
  for (const { description, price_amount: price, price_currency: currency } of results) {
    expect(description).toMatch(/^[A-Z][^{}]+\.$/);
    expect(price).toBeGreaterThanOrEqual(199);
    expect(price).toBeLessThanOrEqual(49_999);
    expect(currency).toBe("EUR");
  }
  expect(await DB.prepare("SELECT sold FROM products WHERE id = 'prod_001'").first("sold")).toBe(7);
  const found = "SELECT count(*) AS n FROM products_search WHERE products_search MATCH 'walnut'";
  expect(await DB.prepare(found).first("n")).toBe(8);
});

it("says in the log what was added, once", async () => {
  const DB = d1("migrations/catalog");
  const run = () => DB.batch(seed().map((statement) => DB.prepare(statement)));
  await run();
  await run();
  const { results } = await DB.prepare("SELECT * FROM events ORDER BY seq").all<Record<string, unknown>>();
  expect(results.map(({ seq, subject }) => [seq, subject])).toEqual(
    Array.from({ length: 200 }, (_, index) => [index + 1, `prod_${String(index + 1).padStart(3, "0")}`]),
  );
  for (const { type, data, traceparent, version } of results) {
    expect(() => catalog.events["product.added"].parse(JSON.parse(data as string))).not.toThrow();
    expect(parseTraceparent(traceparent as string)).toBeDefined();
    expect([type, version]).toEqual(["product.added", 1]);
  }
});

it("makes the same statements each time, small enough for D1", () => {
  expect(seed()).toEqual(seed());
  for (const statement of seed()) expect(new TextEncoder().encode(statement).length).toBeLessThan(100_000);
});
