import { bindingName } from "@weft/mesh";
import type { Rule } from "../finding.ts";
import { policyOf } from "../policy.ts";

/** Every binding leads to a Worker of the mesh, under the name by which the call path looks for it. */
export const bindingsLeadSomewhere: Rule = (mesh) =>
  mesh.flatMap(({ config, services }) =>
    services.flatMap(({ binding, service }) => {
      const callee = mesh.find(({ worker }) => worker === service);
      if (!callee) {
        return {
          rule: "target",
          file: config,
          what: `Binding ${binding} leads to ${service}, which is no Worker of this mesh.`,
          why: "A deployment with it fails, or calls something that no contract describes.",
          fix: "Correct the name of the service, or take the binding out.",
        };
      }
      if (binding === bindingName(callee.name)) return [];
      return {
        rule: "target",
        file: config,
        what: `Binding ${binding} leads to ${service}, but calls look for ${bindingName(callee.name)}.`,
        why: "A binding of another name is never used by calls().",
        fix: `Call it ${bindingName(callee.name)}.`,
      };
    }),
  );

/** No binding without an operation that lets its Worker in, and no `allow` without a binding to use it with. */
export const edgesHaveTwoEnds: Rule = (mesh) =>
  policyOf(mesh).flatMap(({ caller, callee, operation, state }) => {
    const from = mesh.find(({ name }) => name === caller);
    const to = mesh.find(({ name }) => name === callee);
    if (state === "no-operation") {
      return {
        rule: "binding",
        file: from?.config ?? "",
        what: `${caller} has a binding to ${callee}, and no operation of ${callee} lets it in.`,
        why: "Every call over it is refused, so it is either left over or its permission was forgotten.",
        fix: `Take the binding out, or name "${caller}" in an operation's \`allow\` in ${to?.contractPath}.`,
      };
    }
    if (state === "allowed" || !operation) return [];
    const missing = from ? `has no binding to ${to?.worker}` : "is no Worker of this mesh";
    return {
      rule: "allow",
      file: to?.contractPath ?? "",
      what: `${operation.id} lets in "${caller}", which ${missing}.`,
      why: "A permission that nobody uses is one that nobody will miss when it is abused.",
      fix: from
        ? `Take "${caller}" out of the list, or bind ${to?.worker} in ${from.config}.`
        : `Take "${caller}" out of the list.`,
    };
  });
