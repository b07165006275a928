import { executionId } from "./execution-id.ts";
import type { KeyStore } from "./key-store.ts";
import { begin, finish, type KeyRecord, release, suspend, withdraw } from "./record.ts";

/** A store for tests: the same rules as the Durable Object's, in memory, on a clock of the test's own. */
export function memoryStore(now: () => number): KeyStore & { readonly records: Map<string, KeyRecord> } {
  const records = new Map<string, KeyRecord>();
  return {
    records,
    getByName(name) {
      const keep = (record: KeyRecord) => void (record ? records.set(name, record) : records.delete(name));
      return {
        async begin(claim) {
          const { record, verdict } = begin(records.get(name), claim, now(), () => executionId(now()));
          keep(record);
          return verdict;
        },
        async finish(attempt, answer, lifetime) {
          const { record, earlier } = finish(records.get(name), attempt, answer, lifetime, now());
          keep(record);
          return earlier;
        },
        suspend: async (attempt) => keep(suspend(records.get(name), attempt, now())),
        release: async (attempt) => keep(release(records.get(name), attempt, now())),
        withdraw: async (claimId) => keep(withdraw(records.get(name), claimId, now())),
      };
    },
  };
}
