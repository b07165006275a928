import type { Driver } from "../driver.ts";

/** A saga at which nobody has looked for this long, ms, is let go: as long as the platform keeps an idle object. */
const KEEP = 10_000;

interface Known {
  readonly driver: Driver;
  usedAt: number;
}

/** The sagas that a process has at hand. Each is read when it is asked for, and let go when it has nothing to do. */
export class Drivers {
  readonly #make: (id: string) => Driver;
  readonly #now: () => number;
  /** Longest unused first. */
  readonly #known = new Map<string, Known>();

  constructor(make: (id: string) => Driver, now: () => number) {
    this.#make = make;
    this.#now = now;
  }

  of(id: string): Driver {
    const usedAt = this.#now();
    this.#letGo(usedAt - KEEP);
    const { driver } = this.#known.get(id) ?? { driver: this.#make(id) };
    this.#known.delete(id);
    this.#known.set(id, { driver, usedAt });
    return driver;
  }

  #letGo(before: number): void {
    for (const [id, known] of this.#known) {
      if (known.usedAt >= before) return;
      this.#known.delete(id);
      if (known.driver.isIdle) known.driver.retire();
      // Busy for long: it is not looked at again each time that something else is asked.
      else this.#known.set(id, { driver: known.driver, usedAt: this.#now() });
    }
  }
}
