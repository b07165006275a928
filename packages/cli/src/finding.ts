import type { Deployment } from "./project.ts";

/** Something that is wrong with a mesh: what it is, why it matters and what to do about it. */
export interface Finding {
  readonly rule: string;
  /** The file to look at, relative to the project. */
  readonly file: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** Looks at the whole mesh for one kind of mistake. */
export type Rule = (mesh: readonly Deployment[]) => Finding[];
