import { circuitUsage } from "./circuit/circuit.ts";
import { dlqUsage } from "./dlq/dlq.ts";
import { sagaUsage } from "./saga/saga.ts";

const usages: Record<string, string> = { circuit: circuitUsage, saga: sagaUsage, dlq: dlqUsage };

export const usage = `weft policy [--json]   who may call what
weft check [--json]    what is wrong with contracts and bindings; exit code 1 if anything is
${Object.values(usages).join("\n")}`;

/** For whoever asks for help: with the command that they name, or with all of them. */
export function helpIn(args: readonly string[]): string | undefined {
  const [first = ""] = args;
  if (first !== "help" && !args.includes("--help") && !args.includes("-h")) return undefined;
  return Object.hasOwn(usages, first) ? usages[first] : usage;
}
