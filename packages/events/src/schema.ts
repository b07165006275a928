/** The tables that a service's own schema takes over: those of the parts that it uses. */
export { commandOutbox, tasks } from "./commands/schema.ts";
export { snapshots } from "./event-sourcing/schema.ts";
export { deadLetters } from "./dead-letters/schema.ts";
export { eventLog } from "./log/schema.ts";
export { projectionCursors, projectionRebuilds } from "./projection/schema.ts";
export { cursors, inbox, subjects } from "./subscription/schema.ts";
