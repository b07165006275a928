import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** A session: where it may begin to read, and what it has seen. */
export interface Reader {
  readonly start: string;
  bookmark: string | undefined;
}

interface Write {
  readonly query: string;
  readonly values: SQLInputValue[];
}

export function isRead(query: string): boolean {
  return /^\s*(select|with)\b/i.test(query);
}

/** A database and, if it has one, its replica, which is behind by the writes that it has not been told of. */
export class Copies {
  readonly primary: DatabaseSync;
  readonly #replica: DatabaseSync | undefined;
  #writes: Write[] = [];
  #replicated = 0;

  constructor(primary: DatabaseSync, replica: DatabaseSync | undefined) {
    this.primary = primary;
    this.#replica = replica;
  }

  /** The replica, unless the reader must see more than that has. */
  for({ start, bookmark }: Reader): DatabaseSync {
    const least = bookmark ?? start;
    if (!this.#replica || least === "first-primary") return this.primary;
    const enough = least === "first-unconstrained" || least <= bookmarkAt(this.#replicated);
    return enough ? this.#replica : this.primary;
  }

  saw(reader: Reader, sqlite: DatabaseSync): void {
    const seen = bookmarkAt(sqlite === this.primary ? this.#writes.length : this.#replicated);
    if (reader.bookmark === undefined || seen > reader.bookmark) reader.bookmark = seen;
  }

  wrote(query: string, values: SQLInputValue[]): void {
    this.#writes.push({ query, values });
  }

  /** Returns how to take back what is written from here on. */
  mark(): () => void {
    const { length } = this.#writes;
    return () => void this.#writes.splice(length);
  }

  replicate(): void {
    for (const { query, values } of this.#writes.slice(this.#replicated))
      this.#replica?.prepare(query).all(...values);
    this.#replicated = this.#writes.length;
  }
}

/** In the shape of D1's. */
function bookmarkAt(version: number): string {
  const hex = version.toString(16).padStart(8, "0");
  return `${hex}-00000000-00000000-${"0".repeat(32)}`;
}
