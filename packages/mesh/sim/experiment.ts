import { faults, type Fault } from "./callee.ts";
import { type Fleet, type Geography, simulate } from "./fleet.ts";
import type { Figures } from "./measure.ts";
import {
  circuitOnly,
  consecutive,
  grpc,
  hystrix,
  local,
  naive,
  noBreaker,
  plain,
  type Policy,
  weft,
} from "./policies.ts";

export interface Row extends Figures {
  readonly policy: Policy;
  readonly fault: Fault;
  readonly fleet: Fleet;
}

export interface Experiment {
  readonly fleets: readonly Fleet[];
  readonly geography?: Geography;
  readonly seed: number;
  /** Runs of Weft in the total outage with further seeds; the worst of them counts. */
  readonly repeats: number;
}

/** A total outage, as each policy lives through it. */
export function totalOutage(
  { fleets, geography, seed, repeats }: Experiment,
  policies: readonly Policy[],
): Row[] {
  return policies.flatMap((policy) =>
    fleets.map((fleet) => {
      const seeds = Array.from({ length: policy === weft ? repeats : 1 }, (_, n) => seed + 1_000 * n);
      const runs = seeds.map((one) => simulate(fleet, faults.errors, policy, one, geography));
      return { policy, fleet, fault: faults.errors, ...runs.reduce(worse) };
    }),
  );
}

export const rivals: readonly Policy[] = [hystrix, consecutive, naive, grpc, local];

/** Weft with a fault of another kind. */
export function otherFaults({ fleets, geography, seed }: Experiment, kinds: readonly Fault[]): Row[] {
  return kinds.flatMap((fault) =>
    fleets.map((fleet) => ({
      policy: weft,
      fleet,
      fault,
      ...simulate(fleet, fault, weft, seed, geography),
    })),
  );
}

export interface Partial {
  readonly fleet: Fleet;
  readonly fault: Fault;
  /** Success during the outage: one try and nothing else; with Weft's circuit; with its retries; with both. */
  readonly plain: number;
  readonly circuit: number;
  readonly retries: number;
  readonly weft: number;
  /** Weft's calls that reached the callee per call offered, over the first 10 s and in the last minute. */
  readonly amplificationFirst: number;
  readonly amplificationSteady: number;
}

/** Random errors: what circuits cost where some calls would still have succeeded. */
export function partialOutage(
  { fleets, geography, seed }: Experiment,
  kinds: readonly Fault[] = [faults.third, faults.most],
): Partial[] {
  return kinds.flatMap((fault) =>
    fleets.map((fleet) => {
      const run = (policy: Policy) => simulate(fleet, fault, policy, seed, geography);
      const { successDuring, amplificationFirst, amplificationSteady } = run(weft);
      return {
        fleet,
        fault,
        plain: run(plain).successDuring,
        circuit: run(circuitOnly).successDuring,
        retries: run(noBreaker).successDuring,
        weft: successDuring,
        amplificationFirst,
        amplificationSteady,
      };
    }),
  );
}

/** What must hold for Weft; every entry is one broken promise. */
export function broken(total: readonly Row[], partial: readonly Partial[]): string[] {
  const complaints: string[] = [];
  const check = (fine: boolean, text: string) => {
    if (!fine) complaints.push(text);
  };
  const never = Number.POSITIVE_INFINITY;
  for (const row of total.filter(({ policy }) => policy === weft)) {
    const where = `${row.fleet.isolates} isolates x ${row.fleet.rate}/s, ${row.fault.name}`;
    check((row.detect ?? never) <= 10, `${where}: detected after ${row.detect ?? "never"} s, limit 10`);
    check((row.recover ?? never) <= 12, `${where}: recovered after ${row.recover ?? "never"} s, limit 12`);
    check(
      row.amplificationFirst <= 1.7,
      `${where}: amplification ${row.amplificationFirst} in 10 s, limit 1.7`,
    );
    check(row.amplificationSteady <= 1.1, `${where}: amplification ${row.amplificationSteady}, limit 1.1`);
  }
  for (const row of partial) {
    const where = `${row.fleet.isolates} isolates x ${row.fleet.rate}/s, ${row.fault.name}`;
    check(
      row.plain - row.circuit <= 0.01,
      `${where}: success ${row.circuit}, without a breaker ${row.plain}`,
    );
    check(row.plain - row.weft <= 0.01, `${where}: success ${row.weft}, with one try only ${row.plain}`);
    check(
      row.amplificationFirst <= 1.7,
      `${where}: amplification ${row.amplificationFirst} in 10 s, limit 1.7`,
    );
    check(row.amplificationSteady <= 1.1, `${where}: amplification ${row.amplificationSteady}, limit 1.1`);
  }
  return complaints;
}

function worse(a: Figures, b: Figures): Figures {
  const later = (x: number | undefined, y: number | undefined) =>
    x === undefined || y === undefined ? undefined : Math.max(x, y);
  return {
    load: Math.max(a.load, b.load),
    detect: later(a.detect, b.detect),
    recover: later(a.recover, b.recover),
    amplificationFirst: Math.max(a.amplificationFirst, b.amplificationFirst),
    amplificationSteady: Math.max(a.amplificationSteady, b.amplificationSteady),
    successDuring: Math.min(a.successDuring, b.successDuring),
    successOutside: Math.min(a.successOutside, b.successOutside),
    reports: Math.max(a.reports, b.reports),
  };
}
