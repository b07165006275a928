/** What rings for one saga, and survives the process. Times are ms since the epoch. */
export interface AlarmClock {
  /** When it rings; undefined where it is not set: there is no such saga, or it has ended and the index knows. */
  get(): Promise<number | undefined>;
  set(at: number): Promise<void>;
  clear(): Promise<void>;
}

/** Slack, ms, between the latest end of what is under way and the alarm. */
const MARGIN = 2_000;

/**
 * The alarm as a dead man's switch: it is always set to a time after the work under way must be over, before that
 * work begins. If the process dies, it rings and the saga goes on.
 */
export class DeadMan {
  readonly #clock: AlarmClock;
  readonly #now: () => number;
  #setTo: number | undefined;
  /** It guards work: one that is set to the end of a rest rings too late for what comes in between. */
  #isArmed = false;

  constructor(clock: AlarmClock, now: () => number) {
    this.#clock = clock;
    this.#now = now;
  }

  /** Whether the alarm is known to ring more than `ms` from now. */
  isAhead(ms: number): boolean {
    return this.#isArmed && this.#setTo !== undefined && this.#setTo >= this.#now() + ms + MARGIN;
  }

  /** Makes sure that the alarm rings some time after `ms` from now. Sets it further out than needed, so most calls find it so. */
  async keepAhead(ms: number): Promise<void> {
    if (this.isAhead(ms)) return;
    const set = this.set(this.#now() + ms + 2 * MARGIN);
    this.#isArmed = true;
    await set;
  }

  /** Nothing leaves the object before the alarm is on disk, so it counts from the call on. */
  async set(at: number): Promise<void> {
    this.#setTo = at;
    this.#isArmed = false;
    try {
      await this.#clock.set(at);
    } catch (error) {
      this.#setTo = undefined;
      throw error;
    }
  }

  /** When the alarm rings; it may have been set by another process. */
  async time(): Promise<number | undefined> {
    this.#setTo ??= await this.#clock.get();
    return this.#setTo;
  }

  async clear(): Promise<void> {
    this.#setTo = undefined;
    await this.#clock.clear();
  }
}
