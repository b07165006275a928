import { newTrace, rootContext, type Scope } from "@weft/mesh";

export interface TestScope extends Scope {
  /** Resolves when all work given to `waitUntil` has ended. */
  settled(): Promise<void>;
}

/** A scope for tests of plugins and handlers without a Worker around them. */
export function scope(parts: Partial<Scope> = {}): TestScope {
  const pending = new Set<Promise<unknown>>();
  return {
    service: "test",
    caller: "test",
    env: {},
    context: rootContext(newTrace()),
    waitUntil(work) {
      pending.add(work);
      const forget = () => void pending.delete(work);
      work.then(forget, forget);
    },
    ...parts,
    async settled() {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
  };
}
