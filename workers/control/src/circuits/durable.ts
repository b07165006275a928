import { createDurable } from "itty-durable";

/** The parts of itty-durable's base class that are used here; its own declarations say `any`. */
export interface Durable {
  fetch(request: Request): Promise<Response>;
  /** Writes what `getPersistable` gives, as one value. */
  persist(): Promise<void>;
  /** Runs once, before the first method, when the stored fields are back. */
  onLoad(): Promise<void>;
  getPersistable(): object;
}

/**
 * A Durable Object whose public methods can be called with JSON arguments and whose fields are kept as one JSON value.
 * `persist` is called by hand, for what matters alone.
 */
export const DurableBase = createDurable() as unknown as new (
  state: DurableObjectState,
  env: unknown,
) => Durable;
