import { basename } from "node:path";
import { parseArgs } from "node:util";
import { Failure } from "./failure.ts";

const USAGE = "npm start [-- --without NAME,…]";

/** `npm start -- --without inventory,views` leaves Workers out, to see what the others do without them. */
export function present<W extends { folder: string }>(all: readonly W[], args: string[]): W[] {
  const without = namesIn(args);
  const optional = all.slice(1).map(({ folder }) => basename(folder));
  const unknown = without.filter((name) => !optional.includes(name));
  if (unknown.length > 0) {
    throw new Failure(
      `There is no Worker ${unknown.join(", ")} to leave out.`,
      `There are: ${optional.join(", ")}.`,
    );
  }
  return all.filter(({ folder }) => !without.includes(basename(folder)));
}

function namesIn(args: string[]): string[] {
  try {
    const { values } = parseArgs({ args, options: { without: { type: "string", default: "" } } });
    return values.without.split(",").filter(Boolean);
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), `Say it so: ${USAGE}`);
  }
}
