import type { InstanceRecord, RegistryStore } from "@weft/mesh/registry";

const TABLE = `CREATE TABLE IF NOT EXISTS instances (
  service TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (service, id)
) WITHOUT ROWID`;

/** Instances in a Durable Object's SQLite. */
export function sqlStore(sql: SqlStorage): RegistryStore {
  sql.exec(TABLE);
  const records = (query: string, ...values: string[]) =>
    sql
      .exec<{ record: string }>(query, ...values)
      .toArray()
      .map(({ record }) => JSON.parse(record) as InstanceRecord);
  return {
    get: ({ service, id }) =>
      records("SELECT record FROM instances WHERE service = ? AND id = ?", service, id)[0],
    put: (record) =>
      void sql.exec(
        "INSERT OR REPLACE INTO instances (service, id, record) VALUES (?, ?, ?)",
        record.service,
        record.id,
        JSON.stringify(record),
      ),
    remove: ({ service, id }) =>
      void sql.exec("DELETE FROM instances WHERE service = ? AND id = ?", service, id),
    list: (service) =>
      service === undefined
        ? records("SELECT record FROM instances ORDER BY service, id")
        : records("SELECT record FROM instances WHERE service = ? ORDER BY id", service),
  };
}
