/** What was asked of D1 and queues, as they bill it. */
export interface Usage {
  rowsWritten: number;
  rowsRead: number;
  /** Calls to the database; a batch is one. */
  trips: number;
  messages: number;
}

export function nothing(): Usage {
  return { rowsWritten: 0, rowsRead: 0, trips: 0, messages: 0 };
}

/** A database whose every answer is added up in `usage`. */
export function meteredD1(db: D1Database, usage: Usage): D1Database {
  const over = (target: D1Database | D1DatabaseSession) => ({
    prepare: (query: string) => new Statement(target.prepare(query), usage),
    async batch(statements: Statement[]) {
      usage.trips++;
      const results = await target.batch(statements.map(({ inner }) => inner));
      for (const result of results) add(usage, result);
      return results;
    },
  });
  return {
    ...over(db),
    withSession(start?: string) {
      const session = db.withSession(start);
      return { ...over(session), getBookmark: () => session.getBookmark() };
    },
  } as unknown as D1Database;
}

export function meteredQueue(queue: Queue, usage: Usage): Queue {
  return {
    async send(body: unknown) {
      usage.messages++;
      await queue.send(body);
    },
    async sendBatch(messages: MessageSendRequest[]) {
      usage.messages += messages.length;
      await queue.sendBatch(messages);
    },
  } as unknown as Queue;
}

class Statement {
  readonly inner: D1PreparedStatement;
  readonly #usage: Usage;

  constructor(inner: D1PreparedStatement, usage: Usage) {
    this.inner = inner;
    this.#usage = usage;
  }

  bind(...values: unknown[]): Statement {
    return new Statement(this.inner.bind(...values), this.#usage);
  }

  async all(): Promise<D1Result<Record<string, unknown>>> {
    this.#usage.trips++;
    const result = await this.inner.all<Record<string, unknown>>();
    add(this.#usage, result);
    return result;
  }

  run(): Promise<D1Result> {
    return this.all();
  }

  /** D1's own `raw()` keeps its usage to itself. */
  async raw(): Promise<unknown[][]> {
    return (await this.all()).results.map((row) => Object.values(row));
  }
}

function add(usage: Usage, { meta }: D1Result): void {
  usage.rowsWritten += meta.rows_written;
  usage.rowsRead += meta.rows_read;
}
