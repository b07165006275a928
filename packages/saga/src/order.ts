import type { Plan } from "./plan.ts";

/**
 * What an operator can tell a saga to do:
 * - `retry`: try a step, or all that wait, now, with a fresh set of attempts
 * - `skip`: count a step as done with this output
 * - `fail`: go back; `cancel`: go back unless the pivot decides otherwise
 * - `complete`: behind the pivot, leave out what is left
 * - `compensated`: somebody has undone this step by other means
 * - `kill`: stop where it is and undo nothing
 * - `migrate`: go on after another version of the definition
 */
export type Order =
  | { readonly verb: "retry"; readonly step?: string }
  | { readonly verb: "skip"; readonly step: string; readonly output: unknown }
  | { readonly verb: "fail" }
  | { readonly verb: "cancel" }
  | { readonly verb: "complete" }
  | { readonly verb: "compensated"; readonly step: string }
  | { readonly verb: "kill" }
  | { readonly verb: "migrate"; readonly plan: Plan; readonly hash: string };
