import { d1 } from "@weft/testkit/d1";
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { seed } from "../seed.ts";
import type { Database } from "./database.ts";
import { listProducts } from "./list-products.ts";
import * as schema from "./schema.ts";

const { products } = schema;

let db: Database;
beforeEach(async () => {
  const DB = d1("migrations/catalog");
  await DB.batch(seed().map((statement) => DB.prepare(statement)));
  db = drizzle(DB, { schema });
});

async function idsOf(query?: string, limit = 100): Promise<string[]> {
  return (await listProducts(db, { query, limit })).items.map(({ id }) => id);
}

/** Ids on all pages; `between` runs after each page. */
async function idsOfAllPages(
  query: string | undefined,
  limit: number,
  between = async () => {},
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await listProducts(db, { query, limit, cursor });
    ids.push(...items.map(({ id }) => id));
    cursor = nextCursor ?? undefined;
    await between();
    // Pages that lead back to themselves are a failure to see, not a test without end.
    if (ids.length > 1_000) throw new Error("The pages do not end.");
  } while (cursor !== undefined);
  return ids;
}

const insert = (id: string, name: string, description: string) =>
  db.insert(products).values({ id, name, description, priceAmount: 999, priceCurrency: "EUR", createdAt: 0 });

describe("the list", () => {
  it("shows every product once, by id, whatever the size of its pages", async () => {
    const expected = Array.from({ length: 200 }, (_, index) => `prod_${String(index + 1).padStart(3, "0")}`);
    for (const limit of [1, 7, 100]) expect(await idsOfAllPages(undefined, limit)).toEqual(expected);
  });

  it("neither skips nor repeats a product while others are sold, added before and removed", async () => {
    let added = 0;
    const ids = await idsOfAllPages(undefined, 9, async () => {
      await db.update(products).set({ sold: sql`${products.sold} + 3` });
      await insert(`prod_000_${added++}`, "Newcomer", "Sorts before everything.");
      await db.delete(products).where(eq(products.id, `prod_00${(added % 9) + 1}`));
    });
    expect(ids).toHaveLength(200);
    expect(new Set(ids).size).toBe(200);
  });

  it.each(["garbage", "", "W10", "e30", "WzFd", "Wy0xLCJwcm9kXzAwMSJd"])(
    "refuses the cursor %j",
    async (cursor) => {
      await expect(listProducts(db, { limit: 5, cursor })).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        errors: [{ pointer: "/cursor" }],
      });
    },
  );
});

describe("search", () => {
  it("finds words by their beginnings, in any order and case, all of them required", async () => {
    expect(await idsOf("OAK cutt")).toEqual(["prod_121"]);
    expect(await idsOf("cutting oak")).toEqual(["prod_121"]);
    expect(await idsOf("oak submarine")).toEqual([]);
  });

  it("puts a match in the name before one in the description", async () => {
    await insert("z_name", "Xylophone", "Makes music.");
    await insert("a_text", "Mallet", "For a xylophone.");
    expect(await idsOf("xylophone")).toEqual(["z_name", "a_text"]);
  });

  it("does not mind accents, composed or not", async () => {
    await insert("a", "Café au lait bowl", "For breakfast.");
    for (const query of ["cafe", "café", "cafe\u0301", "CAFÉ"]) expect(await idsOf(query)).toEqual(["a"]);
  });

  it("has the same pages in sum as in one piece, also while units are sold", async () => {
    const all = await idsOf("board");
    expect(all.length).toBeGreaterThan(10);
    const sell = async () => void (await db.update(products).set({ sold: sql`${products.sold} + 1` }));
    for (const limit of [1, 3, 10]) expect(await idsOfAllPages("board", limit, sell)).toEqual(all);
  });

  it("follows what is added, renamed and removed", async () => {
    await insert("new", "Theremin", "Played without touch.");
    expect(await idsOf("theremin")).toEqual(["new"]);
    await db.update(products).set({ name: "Ondes Martenot" }).where(eq(products.id, "new"));
    expect(await idsOf("theremin")).toEqual([]);
    expect(await idsOf("martenot")).toEqual(["new"]);
    await db.delete(products).where(eq(products.id, "new"));
    expect(await idsOf("martenot")).toEqual([]);
    // SQLite compares the index with the table, row by row, and fails if they differ.
    await db.run(sql`INSERT INTO products_search (products_search, rank) VALUES ('integrity-check', 1)`);
  });

  it.each(["", "  "])("is no search for %j", async (query) => {
    expect(await idsOf(query, 3)).toEqual(["prod_001", "prod_002", "prod_003"]);
  });

  it.each(["!?.,", '"', "*", "😀", "\u0301", "\u0000"])(
    "finds nothing for %j: it has no word in it",
    async (query) => {
      expect(await listProducts(db, { query, limit: 3 })).toEqual({ items: [], nextCursor: null });
    },
  );

  it.each([
    ['oak"', "oak"],
    ["^oak*", "oak"],
    ["oak + ", "oak"],
    ["oak\u0000board", "oak board"],
    ["\ud800oak", "oak"],
    ["oak ".repeat(50), "oak"],
    ["-box : lunch", "lunch box"],
    ["{box} : (lunch)", "lunch box"],
    ["for OR bath", "for bath or"],
    ["NOT bath", "bath not"],
    ["NEAR(bath towel)", "near bath towel"],
    ["'; DROP TABLE products; --", "products table drop"],
    ["o".repeat(200), "o".repeat(60)],
    [Array.from({ length: 100 }, (_, index) => String.fromCharCode(0x4e00 + index)).join(" "), "一"],
  ])("takes %j as the words %j", async (query, words) => {
    expect(await idsOf(query)).toEqual(await idsOf(words));
  });

  it("never fails, whatever is typed", async () => {
    const typed = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(
            '"',
            "*",
            "(",
            ")",
            "AND",
            "OR",
            "NOT",
            "NEAR",
            ":",
            "^",
            "-",
            "oak",
            " ",
            "\u0000",
            "é",
          ),
          { maxLength: 40 },
        )
        .map((parts) => parts.join("")),
    );
    await fc.assert(
      fc.asyncProperty(typed, async (query) => {
        expect((await listProducts(db, { query, limit: 2 })).items.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 300 },
    );
  });

  it.each(["garbage", "W10", "WyJwcm9kXzAwMSJd"])("refuses the cursor %j", async (cursor) => {
    await expect(listProducts(db, { query: "oak", limit: 5, cursor })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [{ pointer: "/cursor" }],
    });
  });
});
