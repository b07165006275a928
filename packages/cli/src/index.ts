export { check } from "./check.ts";
export { CommandError } from "./command-error.ts";
export { dlq, type Surroundings } from "./dlq/dlq.ts";
export type { Finding, Rule } from "./finding.ts";
export { operatorsApi } from "./operators-api.ts";
export { callees, type Edge, type EdgeState, operationsOf, policyOf } from "./policy.ts";
export { type Deployment, findProject, readProject } from "./project.ts";
