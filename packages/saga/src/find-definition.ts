import type { SagaDefinition } from "./definition.ts";

/** Finds a definition's code; undefined when this deployment does not have it. */
export type FindDefinition = (name: string, version: number) => SagaDefinition | undefined;

export function findIn(definitions: readonly SagaDefinition[]): FindDefinition {
  const known = new Map(definitions.map((one) => [`${one.name}@${one.version}`, one]));
  return (name, version) => known.get(`${name}@${version}`);
}
