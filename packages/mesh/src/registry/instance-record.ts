import type { Endpoint, Registration } from "./registration.ts";

const SECOND = 1_000;
/** An instance may miss two renewals in a row (Eureka renews every 30 s of 90 s, Consul recommends a third as well). */
const RENEWALS_PER_TTL = 3;
/** Checks in a row that change an instance's health (HAProxy's `fall` and `rise`). */
const FALL = 3;
const RISE = 2;

/** What the registry remembers of an instance. Times in ms. */
export interface InstanceRecord extends Registration {
  readonly registeredAt: number;
  readonly expiresAt: number;
  readonly healthy: boolean;
  /** Latest checks in a row that contradict `healthy`. */
  readonly against: number;
  readonly checkedAt: number;
}

/** Seconds after which an instance with this time to live should renew. */
export function renewAfter(ttl: number): number {
  return ttl / RENEWALS_PER_TTL;
}

/**
 * A registration is believed: whoever registers says that it is ready. One that repeats itself is a renewal; another
 * address or version is another process, whose health is not yet known.
 */
export function registered(
  before: InstanceRecord | undefined,
  registration: Registration,
  now: number,
): InstanceRecord {
  const same = before?.url === registration.url && before.version === registration.version;
  const fresh = { registeredAt: now, healthy: true, against: 0, checkedAt: now };
  const { registeredAt, healthy, against, checkedAt } = same ? before : fresh;
  const expiresAt = now + registration.ttl * SECOND;
  return { ...registration, registeredAt, healthy, against, checkedAt, expiresAt };
}

export function renewed(record: InstanceRecord, now: number): InstanceRecord {
  return { ...record, expiresAt: now + record.ttl * SECOND };
}

/** After an active check. A single contradicting check is an accident, several in a row are news. */
export function checked(record: InstanceRecord, passed: boolean, now: number): InstanceRecord {
  const against = passed === record.healthy ? 0 : record.against + 1;
  const turned = against >= (record.healthy ? FALL : RISE);
  return {
    ...record,
    checkedAt: now,
    healthy: turned ? passed : record.healthy,
    against: turned ? 0 : against,
  };
}

export function toEndpoint({ id, url, version, zone, weight, healthy }: InstanceRecord): Endpoint {
  return { id, url, version, zone, weight, healthy };
}
