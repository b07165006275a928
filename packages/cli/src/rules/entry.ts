import type { Rule } from "../finding.ts";
import { callees } from "../policy.ts";

/** Name of the Worker that faces the outside. */
const ENTRY = "gateway";

/** A public operation can be reached: the gateway may call it. */
export const publicIsReachable: Rule = (mesh) =>
  callees(mesh).flatMap(({ contract, contractPath }) =>
    Object.values(contract.operations)
      .filter((operation) => operation.public && !operation.allow.includes(ENTRY))
      .map(({ id, path }) => ({
        rule: "public",
        file: contractPath,
        what: `${id} is public (${path}), and the ${ENTRY} may not call it.`,
        why: "Everything public goes through the gateway, so nobody can reach it.",
        fix: `Name "${ENTRY}" in its \`allow\`, or move it below /internal/.`,
      })),
  );
