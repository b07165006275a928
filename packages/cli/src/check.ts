import type { Finding, Rule } from "./finding.ts";
import type { Deployment } from "./project.ts";
import { bindingsLeadSomewhere, edgesHaveTwoEnds } from "./rules/bindings.ts";
import { callersAreNamed } from "./rules/callers.ts";
import { failuresAreKept, lossesAreRepaired, queuesHaveTwoEnds } from "./rules/delivery.ts";
import { publicIsReachable } from "./rules/entry.ts";
import { objectsUseSqlite } from "./rules/objects.ts";

const rules: readonly Rule[] = [
  callersAreNamed,
  bindingsLeadSomewhere,
  edgesHaveTwoEnds,
  publicIsReachable,
  failuresAreKept,
  queuesHaveTwoEnds,
  lossesAreRepaired,
  objectsUseSqlite,
];

/** All that is wrong with a mesh. */
export function check(mesh: readonly Deployment[]): Finding[] {
  return rules.flatMap((rule) => rule(mesh));
}
