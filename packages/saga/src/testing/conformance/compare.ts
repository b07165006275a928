import { differences } from "./differences.ts";
import type { Observed } from "./subject.ts";

/** What a Workflow must be seen to do, given what the Durable Object did. */
export function expected(scenario: string, reference: Observed): Observed {
  return { ...reference, ...differences[scenario]?.sees };
}
