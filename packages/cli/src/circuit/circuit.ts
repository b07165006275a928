import { REGIONS } from "@weft/mesh";
import { misuseOf, needed, readArguments } from "../arguments.ts";
import { CommandError } from "../command-error.ts";
import type { OperatorsApi } from "../operators-api.ts";
import { type Circuits, circuitTable, circuitText } from "./print.ts";

export const circuitUsage = `weft circuit list                                each callee's circuit in each region, and why it is as it is
weft circuit show <callee>                       its last transitions, and what the isolates see
weft circuit open|close <callee> --for SECONDS --reason TEXT     hold it so; at most a day
weft circuit clear <callee> --reason TEXT        let it go by itself again
                         a callee is a service, or an operation with a circuit of its own;
                         --region R for one region alone; --json for programs`;

/** The world around the command. `now`: ms since the epoch. */
export interface Surroundings {
  readonly api: () => OperatorsApi;
  readonly print: (text: string) => void;
  readonly now: () => number;
}

const options = {
  for: { type: "string" },
  reason: { type: "string" },
  region: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const misuse = misuseOf(circuitUsage);
const parse = (args: string[]) => readArguments(args, options, misuse);
type Values = ReturnType<typeof parse>["values"];

const orders = { open: "open", close: "closed", clear: "clear" } as const;

/** Gives the exit code 0. Throws a CommandError for anything that could not be done. */
export async function circuit(args: string[], { api, print, now }: Surroundings): Promise<number> {
  const { values, positionals } = parse(args);
  const [verb = "", callee, ...more] = positionals;
  if (more.length > 0) throw misuse(`"${more.join(" ")}" is too much.`, "A command is about one callee.");
  if (values.region !== undefined && !REGIONS.some((region) => region === values.region))
    throw misuse(`--region is ${values.region}.`, `There are ${REGIONS.join(", ")}.`);
  const show = (value: unknown, text: string) => print(values.json ? JSON.stringify(value, null, 2) : text);

  if (verb === "list") {
    if (callee !== undefined) throw misuse(`"${callee}" is too much.`, "All circuits are listed.");
    const found = inRegion((await api()("GET", "/circuits")) as Circuits, values);
    show(found, circuitTable(found));
    return 0;
  }
  if (verb !== "show" && !Object.hasOwn(orders, verb))
    throw misuse(
      verb === "" ? "What is to be done?" : `There is no command "circuit ${verb}".`,
      `There are list, show, ${Object.keys(orders).join(", ")}.`,
    );
  if (callee === undefined) throw misuse("Which callee?", "It is a name such as `weft circuit list` shows.");
  if (verb === "show") {
    const all = inRegion((await api()("GET", "/circuits")) as Circuits, values);
    const found = { items: all.items.filter((each) => each.callee === callee) };
    if (found.items.length === 0)
      throw new CommandError(
        `There is no circuit of ${callee}.`,
        "No isolate has called it yet, or it has another name.",
        "Look at what there is with `weft circuit list`.",
      );
    show(found, found.items.map(circuitText).join("\n\n"));
    return 0;
  }
  const state = orders[verb as keyof typeof orders];
  const body = {
    state,
    ...(state !== "clear" && { until: new Date(now() + secondsOf(values) * 1_000).toISOString() }),
    reason: needed(values, "reason", misuse),
    ...(values.region && { region: values.region }),
  };
  const done = (await api()("PUT", `/circuits/${encodeURIComponent(callee)}`, { body })) as Circuits;
  show(done, circuitTable(done));
  return 0;
}

function inRegion({ items }: Circuits, { region }: Values): Circuits {
  return { items: items.filter((each) => region === undefined || each.region === region) };
}

function secondsOf(values: Values): number {
  const text = needed(values, "for", misuse);
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400))
    throw misuse(`--for is ${text}.`, "It is a number of seconds, and at most a day.");
  return seconds;
}
