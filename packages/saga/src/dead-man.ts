/** The one alarm of a saga's storage; survives the process. Times are ms since the epoch. */
export interface AlarmClock {
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

  constructor(clock: AlarmClock, now: () => number) {
    this.#clock = clock;
    this.#now = now;
  }

  /** Whether the alarm is known to ring more than `ms` from now. */
  isAhead(ms: number): boolean {
    return this.#setTo !== undefined && this.#setTo >= this.#now() + ms + MARGIN;
  }

  /** Makes sure that the alarm rings some time after `ms` from now. Sets it further out than needed, so most calls find it so. */
  async keepAhead(ms: number): Promise<void> {
    if (!this.isAhead(ms)) await this.set(this.#now() + ms + 2 * MARGIN);
  }

  async set(at: number): Promise<void> {
    await this.#clock.set(at);
    this.#setTo = at;
  }

  async clear(): Promise<void> {
    await this.#clock.clear();
    this.#setTo = undefined;
  }
}
