import { VerdictAggregator } from "../src/resilience/aggregator.ts";
import { isNewer, type Verdict } from "../src/resilience/verdict.ts";

/** One data centre: its cache holds the region's newest verdict that anybody there has been told. */
export class DataCentre {
  cached: Verdict | undefined;
  readonly region: VerdictAggregator;

  constructor(region: VerdictAggregator) {
    this.region = region;
  }

  store(verdict: Verdict): void {
    if (this.cached === undefined || isNewer(verdict, this.cached)) this.cached = verdict;
  }
}

/** `count` data centres, dealt out to regions with one aggregator each. */
export function dataCentres(count: number, regions: number): DataCentre[] {
  const aggregators = Array.from({ length: regions }, () => new VerdictAggregator());
  return Array.from({ length: count }, (_, index) => {
    const region = aggregators[index % regions];
    if (region === undefined) throw new RangeError("a fleet needs at least one region");
    return new DataCentre(region);
  });
}
