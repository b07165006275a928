/** The process died: nothing that it still does has an effect, and whoever waits for it hears of it. */
export class Died extends Error {
  override readonly name = "Died";
}

/** One life of a service's process, from its start to its crash. */
export class Life {
  #left: number;

  /** @param steps so many times it reads, writes or sends before it dies; Infinity for a life without a crash */
  constructor(steps: number) {
    this.#left = steps;
  }

  get over(): boolean {
    return this.#left < 0;
  }

  end(): void {
    this.#left = -1;
  }

  /** Before and after whatever is seen outside the process. */
  step(): void {
    this.#left = this.over ? -1 : this.#left - 1;
    if (this.over) throw new Died();
  }

  /** A crash may come before the effect, and after it but before the process knows. */
  async guard<T>(effect: () => Promise<T>): Promise<T> {
    this.step();
    const result = await effect();
    this.step();
    return result;
  }
}
