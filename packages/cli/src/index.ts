export { check } from "./check.ts";
export type { Finding, Rule } from "./finding.ts";
export { callees, type Edge, type EdgeState, operationsOf, policyOf } from "./policy.ts";
export { type Deployment, findProject, readProject } from "./project.ts";
