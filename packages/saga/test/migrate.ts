/// <reference types="vite/client" />
const migrations = import.meta.glob<string>("../../../migrations/checkout/*.sql", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Makes the tables of the service whose sagas these are. */
export async function migrate(database: D1Database): Promise<void> {
  const statements = Object.entries(migrations)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, sql]) => sql.split("--> statement-breakpoint"));
  await database.batch(statements.map((statement) => database.prepare(statement)));
}
