import type { Rule } from "../finding.ts";

const why = "The callee knows its caller by this name alone, and refuses whoever has none or a strange one.";

/** Every binding to a service of the mesh carries its own Worker's name. */
export const callersAreNamed: Rule = (mesh) =>
  mesh.flatMap(({ name, config, services }) =>
    services
      .filter(({ service, caller }) => mesh.some(({ worker }) => worker === service) && caller !== name)
      .map(({ binding, caller }) => ({
        rule: "caller",
        file: config,
        what: `Binding ${binding} ${caller === undefined ? "names no caller" : `calls its Worker "${caller}"`}.`,
        why,
        fix: `Give it props = { caller = "${name}" }.`,
      })),
  );
