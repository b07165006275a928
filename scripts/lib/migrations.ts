import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { generateSQLiteDrizzleJson } from "drizzle-kit/api";
import { root, workers } from "./project.ts";

export interface Schema {
  worker: string;
  /** Both relative to the repository. */
  file: string;
  migrations: string;
}

/** Every workers/<name>/src/schema.ts, with the folder of its migrations. */
export function schemas(): Schema[] {
  return workers()
    .map(({ folder }) => folder.replace(/^workers[/\\]/, ""))
    .map((worker) => ({
      worker,
      file: join("workers", worker, "src", "schema.ts"),
      migrations: join("migrations", worker),
    }))
    .filter(({ file }) => existsSync(join(root, file)));
}

/**
 * Whether the schema says what its newest migration's snapshot says. Compares the two descriptions and computes
 * no difference: drizzle-kit would ask whether a column was renamed, and wait for an answer.
 */
export async function isUpToDate({ file, migrations }: Schema): Promise<boolean> {
  const newest = newestSnapshot(join(root, migrations, "meta"));
  if (newest === undefined) return false;
  const schema = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
  return isDeepStrictEqual(content(await generateSQLiteDrizzleJson(schema)), content(newest));
}

function newestSnapshot(meta: string): object | undefined {
  const journal = join(meta, "_journal.json");
  if (!existsSync(journal)) return undefined;
  const { entries } = JSON.parse(readFileSync(journal, "utf8")) as { entries: { idx: number }[] };
  const last = entries.at(-1);
  if (!last) return undefined;
  return JSON.parse(
    readFileSync(join(meta, `${String(last.idx).padStart(4, "0")}_snapshot.json`), "utf8"),
  ) as object;
}

/** Without ids and the record of renames; through JSON, since one of the two was. */
function content(snapshot: object): unknown {
  const { tables, views, enums, internal } = snapshot as Record<string, unknown>;
  return JSON.parse(JSON.stringify({ tables, views, enums, internal }));
}
