import type { Report } from "@weft/mesh/regional";

/** What the newest report of one isolate said of its own circuit. */
export interface IsolateView {
  readonly reporter: string;
  readonly service: string;
  readonly state: Report["status"]["state"];
  readonly reason: Report["status"]["reason"];
  readonly by: Report["status"]["by"];
  readonly awaited: number;
  /** ms since the epoch. */
  readonly at: number;
}

/** As many as the quorum remembers. */
const LIMIT = 64;
/** An isolate that was not heard for so long, ms, is gone or has nothing to say. */
const MEMORY = 60_000;

/** The reporting isolates' own circuits, newest report last; in memory alone. */
export class Isolates {
  readonly #views = new Map<string, IsolateView>();

  heard({ reporter, service, status, awaited }: Report, at: number): void {
    this.#views.delete(reporter);
    this.#views.set(reporter, { reporter, service, ...status, awaited, at });
    for (const { reporter: known, at: heard } of this.#views.values())
      if (this.#views.size > LIMIT || at - heard > MEMORY) this.#views.delete(known);
  }

  list(now: number): IsolateView[] {
    return [...this.#views.values()].filter(({ at }) => now - at <= MEMORY);
  }
}
