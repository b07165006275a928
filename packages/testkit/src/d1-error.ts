/** Names of SQLite's result codes (https://sqlite.org/rescode.html), the extended ones that schemas run into. */
const BASE: Record<number, string> = {
  1: "SQLITE_ERROR",
  5: "SQLITE_BUSY",
  13: "SQLITE_FULL",
  18: "SQLITE_TOOBIG",
  19: "SQLITE_CONSTRAINT",
  20: "SQLITE_MISMATCH",
  25: "SQLITE_RANGE",
};
const EXTENDED: Record<number, string> = {
  275: "SQLITE_CONSTRAINT_CHECK",
  787: "SQLITE_CONSTRAINT_FOREIGNKEY",
  1299: "SQLITE_CONSTRAINT_NOTNULL",
  1555: "SQLITE_CONSTRAINT_PRIMARYKEY",
  1811: "SQLITE_CONSTRAINT_TRIGGER",
  2067: "SQLITE_CONSTRAINT_UNIQUE",
};

/** An error of node:sqlite in D1's words, such as `D1_ERROR: UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT (…)`. */
export function d1Error(error: unknown, prefix = "D1_ERROR"): unknown {
  if (!(error instanceof Error) || !("errcode" in error)) return error;
  const code = error.errcode as number;
  const base = BASE[code & 0xff] ?? `SQLITE_${code & 0xff}`;
  const extended = EXTENDED[code];
  const message = `${error.message}: ${base}${extended ? ` (extended: ${extended})` : ""}`;
  return new Error(`${prefix}: ${message}`, { cause: new Error(message) });
}

export function d1TypeError(value: unknown): Error {
  return new Error(`D1_TYPE_ERROR: Type '${typeof value}' not supported for value '${String(value)}'`);
}
