/** Longest token, characters. A bookmark takes about 70, so a dozen services fit. */
const MAX_LENGTH = 1_000;
const SERVICE = "[a-z][a-z0-9-]{0,31}";
const POSITION = new RegExp(`^(${SERVICE}@)([1-9][0-9]{0,14})$`);
/** As D1 gives them out; they grow in the order of text (https://developers.cloudflare.com/d1/best-practices/read-replication/). */
const BOOKMARK = new RegExp(`^(${SERVICE}:)([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32})$`);

/**
 * What somebody has seen or written, so that whoever answers them next is no older than that. As text it is a list of
 * `<service>@<position in its event log>` and `<service>:<D1 bookmark of its database>`, separated by commas; callers
 * send it down with calls, and answers tell what came to it. What is no such entry is passed over. When there are too
 * many, those that moved longest ago go first: without its entry a service answers as it would to a stranger.
 */
export class Consistency {
  /** By service and kind, such as `orders@`; what moved last is last. */
  readonly #entries = new Map<string, string>();
  /** Keys of what came to it after it was parsed. */
  readonly #news = new Set<string>();

  static parse(text: string | null | undefined): Consistency {
    const parsed = new Consistency();
    parsed.merge(text);
    parsed.#news.clear();
    return parsed;
  }

  merge(text: string | null | undefined): void {
    for (const entry of text?.slice(0, 4 * MAX_LENGTH).split(",") ?? []) {
      const [, key, value] = POSITION.exec(entry.trim()) ?? BOOKMARK.exec(entry.trim()) ?? [];
      if (key !== undefined && value !== undefined) this.#add(key, value);
    }
  }

  /** An event of the service's log was written. */
  wrote(service: string, position: number): void {
    this.#add(`${service}@`, String(position));
  }

  /** The service's database was read or written. */
  visited(service: string, bookmark: string): void {
    this.merge(`${service}:${bookmark}`);
  }

  positionIn(service: string): number | undefined {
    const position = this.#entries.get(`${service}@`);
    return position === undefined ? undefined : Number(position);
  }

  bookmarkOf(service: string): string | undefined {
    return this.#entries.get(`${service}:`);
  }

  /** All of it; empty if there is nothing. */
  get text(): string {
    return bounded([...this.#entries]);
  }

  /** What came to it after it was parsed. */
  get news(): string {
    return bounded([...this.#entries].filter(([key]) => this.#news.has(key)));
  }

  #add(key: string, value: string): void {
    const known = this.#entries.get(key);
    if (known !== undefined && !isNewer(key, value, known)) return;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#news.add(key);
  }
}

function isNewer(key: string, value: string, known: string): boolean {
  return key.endsWith("@") ? Number(value) > Number(known) : value > known;
}

function bounded(entries: readonly [string, string][]): string {
  const kept = entries.map(([key, value]) => key + value);
  while (kept.join(",").length > MAX_LENGTH) kept.shift();
  return kept.join(",");
}
