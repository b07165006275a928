import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { expect, it } from "vitest";
import { schema } from "./services.ts";

it("the simulation's tables are those of the schema", { timeout: 30_000 }, async () => {
  const statements = await generateSQLiteMigration(
    await generateSQLiteDrizzleJson({}),
    await generateSQLiteDrizzleJson(schema),
  );
  await expect(`${statements.join("\n")}\n`).toMatchFileSnapshot("tables.sql");
});
