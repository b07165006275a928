/**
 * `node packages/mesh/sim/main.ts [--quick] [--seed <n>]`: prints how fleets of isolates live through outages of a
 * callee, and exits with 1 if Weft misses one of its goals. `--quick` takes a fifth of each fleet.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { faults } from "./callee.ts";
import { broken, otherFaults, partialOutage, rivals, type Row, totalOutage } from "./experiment.ts";
import { FIFTH, fifth, type Fleet, fleets } from "./fleet.ts";
import { weft } from "./policies.ts";
import { table } from "./table.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, seed: { type: "string", default: "1" } },
});
const quick = values.quick
  ? { fleets: fleets.map(fifth), geography: FIFTH, repeats: 1 }
  : { fleets, repeats: 3 };
const experiment = { ...quick, seed: Number(values.seed) };

const name = ({ isolates, rate }: Fleet) => `${isolates.toLocaleString("en")} x ${rate}/s`;
const seconds = (value: number | undefined, otherwise: string) =>
  value === undefined ? otherwise : `${value}`;
const percent = (value: number) => (value * 100).toFixed(1).replace(/^-0\.0$/, "0.0");
const begin = performance.now();

console.log("Every call fails with 500 from t = 60 s to 180 s (Weft: the worst of its seeds)\n");
const total = totalOutage(experiment, [...rivals, weft]);
console.log(outageTable(total, ({ policy }) => policy.name));

console.log("\nWeft, every call failing in another way\n");
const others = otherFaults(experiment, [faults.unavailable, faults.timeouts]);
console.log(outageTable(others, ({ fault }) => fault.name));

console.log("\nRandom errors: success during the outage in %, differences in points\n");
const partial = partialOutage(experiment);
const overload = partialOutage(experiment, [
  faults.thirdUnavailable,
  faults.mostUnavailable,
  faults.mostOverload,
]);
console.log(
  table([
    [
      "errors",
      "fleet",
      "one try",
      "circuit only",
      "harm",
      "retries only",
      "Weft",
      "difference",
      "amp 10 s",
      "amp steady",
    ],
    ...[...partial, ...overload].map((row) => [
      row.fault.name,
      name(row.fleet),
      percent(row.plain),
      percent(row.circuit),
      percent(row.circuit - row.plain),
      percent(row.retries),
      percent(row.weft),
      percent(row.weft - row.retries),
      row.amplificationFirst.toFixed(2),
      row.amplificationSteady.toFixed(2),
    ]),
  ]),
);

console.log("\nWeft, 2 % errors: success in %, reports per second that all regions together receive\n");
const noise = otherFaults(experiment, [faults.noise]);
console.log(
  table([
    ["fleet", "success", "reports"],
    ...noise.map((row) => [name(row.fleet), percent(row.successDuring), row.reports.toFixed(0)]),
  ]),
);

const complaints = broken([...total, ...others], partial);
console.log(`\n${complaints.length === 0 ? "all goals hold" : complaints.join("\n")}`);
console.log(`${((performance.now() - begin) / 1_000).toFixed(0)} s, seed ${experiment.seed}`);
process.exitCode = complaints.length === 0 ? 0 : 1;

function outageTable(rows: readonly Row[], first: (row: Row) => string): string {
  return table([
    ["policy", "fleet", "load", "detect s", "recover s", "amp 10 s", "amp steady", "success outside %"],
    ...rows.map((row) => [
      first(row),
      name(row.fleet),
      row.load.toFixed(3),
      seconds(row.detect, "never"),
      seconds(row.recover, "> 55"),
      row.amplificationFirst.toFixed(2),
      row.amplificationSteady.toFixed(2),
      percent(row.successOutside),
    ]),
  ]);
}
