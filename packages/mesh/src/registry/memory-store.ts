import type { InstanceRecord } from "./instance-record.ts";
import type { InstanceName } from "./registration.ts";
import type { RegistryStore } from "./registry.ts";

const keyOf = ({ service, id }: InstanceName) => `${service}/${id}`;

/** Records in memory, for tests. */
export function memoryStore(): RegistryStore {
  const records = new Map<string, InstanceRecord>();
  return {
    get: (name) => records.get(keyOf(name)),
    put: (record) => void records.set(keyOf(record), record),
    remove: (name) => void records.delete(keyOf(name)),
    list: (service) =>
      [...records.values()]
        .filter((record) => service === undefined || record.service === service)
        .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  };
}
