/** What the Worker has written so far: rows as they are billed, index entries included; an alarm is a row. */
export const written = { object: 0, alarms: 0, database: 0, batches: 0 };

/** In a table of the local runtime, which writes down an object's name in the object. */
const LOCAL = "__miniflare_";

/** Counts what goes into a Durable Object's storage. */
export function meterStorage(storage: DurableObjectStorage): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(sql, "exec", {
    value: (...args: Parameters<typeof exec>) => {
      const cursor = exec(...args);
      if (!args[0].includes(LOCAL)) written.object += cursor.rowsWritten;
      return cursor;
    },
  });
  Object.defineProperty(storage, "setAlarm", {
    value: (...args: Parameters<typeof setAlarm>) => {
      written.alarms += 1;
      return setAlarm(...args);
    },
  });
}

const metered = new WeakMap<D1Database, D1Database>();

/** The database with its statements' `rows_written` counted. */
export function meterDatabase(database: D1Database): D1Database {
  const known = metered.get(database);
  if (known) return known;
  const made = new Proxy(database, {
    get: (target, name) =>
      name === "prepare" ? (sql: string) => meter(target.prepare(sql)) : bound(target, name),
  });
  metered.set(database, made);
  return made;
}

const runs = ["run", "all"] as const;

function meter(statement: D1PreparedStatement): D1PreparedStatement {
  return new Proxy(statement, {
    get(target, name) {
      if (name === "bind") return (...values: unknown[]) => meter(target.bind(...values));
      if (!(runs as readonly unknown[]).includes(name)) return bound(target, name);
      return async () => {
        const result = await target[name as (typeof runs)[number]]();
        written.database += result.meta.rows_written;
        written.batches += 1;
        return result;
      };
    },
  });
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? (value.bind(target) as unknown) : value;
}
