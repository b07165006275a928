import { Callee, END, type Fault } from "./callee.ts";
import { Clock } from "./clock.ts";
import { Isolate, type World } from "./isolate.ts";
import { type Figures, Measure } from "./measure.ts";
import type { Policy } from "./policies.ts";
import { exponential, seeded } from "@weft/testkit/random";
import { dataCentres } from "./region.ts";

export interface Fleet {
  readonly isolates: number;
  /** Calls per second and isolate. */
  readonly rate: number;
}

export const fleets: readonly Fleet[] = [
  { isolates: 200, rate: 5 },
  { isolates: 2_000, rate: 0.5 },
  { isolates: 5_000, rate: 0.1 },
];

/** Mean lifetime of an isolate, ms; the one after it starts with nothing learned. */
const LIFETIME = 300_000;
export interface Geography {
  readonly regions: number;
  readonly dataCentres: number;
}

/** About one aggregator for each of Cloudflare's location hints, two data centres each. */
const EARTH: Geography = { regions: 10, dataCentres: 20 };

/** A fifth of a fleet on a fifth of the Earth, for tests: what a region sees stays the same. */
export const FIFTH: Geography = { regions: 2, dataCentres: 4 };
export const fifth = ({ isolates, rate }: Fleet): Fleet => ({ isolates: isolates / 5, rate });

/**
 * Runs one fleet through one fault: Poisson traffic over isolates with exponential lifetimes.
 *
 * Arrivals and the policy's draws have a generator each, and a try's fate is fixed, so that two policies with the
 * same seed see the same traffic and the same errors. Simplified: all isolates get the same rate, errors are independent, reports are not
 * lost, the data centre's cache is read in no time.
 */
export function simulate(
  fleet: Fleet,
  fault: Fault,
  policy: Policy,
  seed = 1,
  geography: Geography = EARTH,
): Figures {
  const clock = new Clock();
  const measure = new Measure();
  const arrivals = seeded(seed);
  const places = dataCentres(geography.dataCentres, geography.regions);
  const callee = new Callee(fault, seed + 1);
  const world: World = { clock, callee, measure, policy, random: seeded(seed + 2) };
  const isolates: Isolate[] = [];
  let born = 0;

  const isolate = (index: number): Isolate => {
    const known = isolates[index];
    if (known && known.endsAt > clock.now) return known;
    const place = places[index % places.length];
    if (place === undefined) throw new RangeError("a fleet needs at least one data centre");
    return (isolates[index] = new Isolate(
      `isolate-${born++}`,
      world,
      place,
      clock.now + exponential(LIFETIME, arrivals),
    ));
  };
  const between = 1_000 / (fleet.isolates * fleet.rate);
  let calls = 0;
  const arrive = () => {
    isolate(Math.floor(arrivals() * fleet.isolates)).call(calls++);
    clock.schedule(exponential(between, arrivals), arrive);
  };
  clock.schedule(exponential(between, arrivals), arrive);
  clock.runUntil(END - 1);
  return measure.figures();
}
