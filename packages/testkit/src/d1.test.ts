import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { blob, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { beforeEach, describe, expect, it } from "vitest";
import { d1 } from "./d1.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const FIRST = `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, active INTEGER, photo BLOB, CONSTRAINT named CHECK (id < 100));
--> statement-breakpoint
CREATE TABLE posts (user_id INTEGER REFERENCES users (id));`;
const SECOND = `CREATE TRIGGER no_root BEFORE INSERT ON users WHEN NEW.email = 'root' BEGIN SELECT RAISE(ABORT, 'NO_ROOT'); END;`;

const users = sqliteTable("users", {
  id: integer("id").primaryKey(),
  email: text("email"),
  active: integer("active", { mode: "boolean" }),
  photo: blob("photo", { mode: "buffer" }),
});

let DB: D1Database;
beforeEach(() => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "0001_second.sql"), SECOND);
  writeFileSync(join(folder, "0000_first.sql"), FIRST);
  DB = d1(folder);
});

describe("d1()", () => {
  it("binds and returns text, numbers, booleans, nulls and blobs as D1 does", async () => {
    const result = await DB.prepare("INSERT INTO users VALUES (?1, ?2, ?3, ?4) RETURNING *")
      .bind(1, "a", true, new Uint8Array([1, 2]))
      .all();
    expect(result.results).toEqual([{ id: 1, email: "a", active: 1, photo: [1, 2] }]);
    expect(result.meta).toMatchObject({ changes: 1, last_row_id: 1, changed_db: true, rows_written: 1 });
    await DB.prepare("INSERT INTO users (id, email) VALUES (?, ?)").bind(2, null).run();
    expect(await DB.prepare("SELECT * FROM users WHERE id = 2").first("email")).toBeNull();
    expect(await DB.prepare("SELECT * FROM users WHERE id = 3").first()).toBeNull();
    expect((await DB.prepare("SELECT * FROM users").all()).meta.changes).toBe(0);
    expect(await DB.prepare("SELECT 1 AS a, 2 AS a").raw({ columnNames: true })).toEqual([
      ["a", "a"],
      [1, 2],
    ]);
    expect(() => DB.prepare("SELECT ?").bind(undefined)).toThrow("D1_TYPE_ERROR");
  });

  it.each([
    [
      "INSERT INTO users (id, email) VALUES (2, 'a')",
      "D1_ERROR: UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
    ],
    [
      "INSERT INTO users (id) VALUES (100)",
      "D1_ERROR: CHECK constraint failed: named: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)",
    ],
    [
      "INSERT INTO users (id, email) VALUES (3, 'root')",
      "D1_ERROR: NO_ROOT: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    ],
    [
      "INSERT INTO posts VALUES (9)",
      "D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)",
    ],
    ["SELECT * FROM nowhere", "D1_ERROR: no such table: nowhere: SQLITE_ERROR"],
  ])("%s fails in D1's words", async (query, message) => {
    await DB.prepare("INSERT INTO users (id, email) VALUES (1, 'a')").run();
    await expect(DB.prepare(query).run()).rejects.toThrow(message);
  });

  it("refuses more than 100 bound parameters", async () => {
    const values = Array.from({ length: 101 }, (_, index) => index);
    const list = values.map(() => "?").join(", ");
    await expect(
      DB.prepare(`SELECT ${list}`)
        .bind(...values)
        .run(),
    ).rejects.toThrow("too many SQL variables");
  });

  it("rolls a batch back when one of its statements fails", async () => {
    const insert = DB.prepare("INSERT INTO users (id, email) VALUES (?, ?)");
    await expect(DB.batch([insert.bind(1, "a"), insert.bind(2, "a")])).rejects.toThrow("UNIQUE");
    expect(await DB.prepare("SELECT count(*) AS n FROM users").first("n")).toBe(0);
  });

  it("serves drizzle", async () => {
    const db = drizzle(DB, { schema: { users } });
    const [inserted] = await db.batch([
      db
        .insert(users)
        .values({ id: 1, email: "a", active: true, photo: Buffer.from([7]) })
        .returning(),
      db.update(users).set({ email: "b" }).where(eq(users.id, 1)),
    ]);
    expect(inserted[0]?.active).toBe(true);
    expect(await db.query.users.findFirst()).toEqual({
      id: 1,
      email: "b",
      active: true,
      photo: Buffer.from([7]),
    });
  });
});
