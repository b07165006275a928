import { misuseOf, needed, readArguments } from "../arguments.ts";
import type { OperatorsApi } from "../operators-api.ts";
import {
  type Detail,
  detailText,
  type Needs,
  needsText,
  type Page,
  pageText,
  type Told,
  toldText,
} from "./print.ts";

export const sagaUsage = `weft saga list [--state S] [--definition D] [--parked] [--older-than SECONDS] [--limit N] [--cursor C]
weft saga show <id>                              its timeline and its log
weft saga retry <id> [--step KEY]                try what waits now
weft saga skip <id> --step KEY --output JSON     count a step as done with this answer
weft saga fail|cancel <id>                       go back; cancel lets a pivot that is under way decide
weft saga complete <id>                          behind the pivot: leave out what is left
weft saga compensated <id> --step KEY            somebody has undone this step by other means
weft saga kill <id>                              stop and undo nothing
weft saga migrate <id> --to VERSION              go on after another version of the definition
weft saga signal <id> --step KEY --payload JSON  bring a wait what it waits for
weft saga needs [<definition>@<version>]         what live sagas still need; exit code 1 if it is needed
                         every order and signal takes --reason TEXT, and --request ID to be repeated safely; --json for programs`;

/** The world around the command. `now`: ms since the epoch. */
export interface Surroundings {
  readonly api: () => OperatorsApi;
  readonly print: (text: string) => void;
  readonly newId: () => string;
  readonly now: () => number;
}

const options = {
  state: { type: "string" },
  definition: { type: "string" },
  parked: { type: "boolean" },
  "older-than": { type: "string" },
  limit: { type: "string" },
  cursor: { type: "string" },
  step: { type: "string" },
  output: { type: "string" },
  payload: { type: "string" },
  to: { type: "string" },
  reason: { type: "string" },
  request: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const misuse = misuseOf(sagaUsage);
const parse = (args: string[]) => readArguments(args, options, misuse);
type Values = ReturnType<typeof parse>["values"];

/** Gives the exit code: 0 done, 1 `needs` found live sagas. Throws a CommandError for anything else. */
export async function saga(args: string[], { api, print, newId, now }: Surroundings): Promise<number> {
  const { values, positionals } = parse(args);
  const [verb = "", name, ...more] = positionals;
  if (more.length > 0) throw misuse(`"${more.join(" ")}" is too much.`, "An order is for one saga.");
  const show = (value: unknown, text: string) => print(values.json ? JSON.stringify(value, null, 2) : text);

  if (verb === "list") {
    const { state, definition, parked, limit, cursor } = values;
    const query = { state, definition, parked: parked ? "true" : undefined, limit, cursor };
    const page = (await api()("GET", "/sagas", {
      query: { ...query, olderThan: values["older-than"] },
    })) as Page;
    show(page, pageText(page, now()));
    return 0;
  }
  if (verb === "needs") {
    if (name !== undefined && !/^[^@]+(@\d+)?$/.test(name))
      throw misuse(`"${name}" names no definition.`, "It is a name, or a name and a version: place-order@1.");
    const needs = (await api()("GET", "/saga-needs")) as Needs;
    const items = needs.items.filter(
      ({ definition, version }) =>
        name === undefined || name === definition || name === `${definition}@${version}`,
    );
    const text =
      items.length > 0 ? needsText({ items }) : `No live saga needs it.${await doubt(api(), name)}`;
    show({ items }, text);
    return name !== undefined && items.length > 0 ? 1 : 0;
  }
  if (verb !== "show" && verb !== "signal" && !Object.hasOwn(orders, verb))
    throw misuse(
      verb === "" ? "What is to be done?" : `There is no command "saga ${verb}".`,
      `There are list, show, signal, needs and ${Object.keys(orders).join(", ")}.`,
    );
  if (name === undefined)
    throw misuse("Which saga?", "A saga is named by its id, as `weft saga list` shows it.");
  const path = `/sagas/${encodeURIComponent(name)}`;
  if (verb === "show") {
    const detail = (await api()("GET", path)) as Detail;
    show(detail, detailText(detail));
    return 0;
  }
  const signed = { requestId: values.request ?? newId(), reason: needed(values, "reason", misuse) };
  if (verb === "signal") {
    const body = { ...signed, payload: json("payload", needed(values, "payload", misuse)) };
    const step = encodeURIComponent(needed(values, "step", misuse));
    const told = (await api()("POST", `${path}/signals/${step}`, { body })) as Told;
    show(told, toldText(told));
    return 0;
  }
  const order = { verb, ...orders[verb as keyof typeof orders](values) };
  const body = { ...signed, order };
  const done = (await api()("POST", `${path}/orders`, { body })) as { id: string; state: string };
  show(done, `${done.id} is ${done.state}. To see what becomes of it: weft saga show ${done.id}`);
  return 0;
}

/** What each order takes besides its reason. */
const orders = {
  retry: ({ step }: Values) => (step === undefined ? {} : { step }),
  skip: (values: Values) => ({
    step: needed(values, "step", misuse),
    output: json("output", needed(values, "output", misuse)),
  }),
  fail: () => ({}),
  cancel: () => ({}),
  complete: () => ({}),
  compensated: (values: Values) => ({ step: needed(values, "step", misuse) }),
  kill: () => ({}),
  migrate: (values: Values) => ({ version: versionOf(needed(values, "to", misuse)) }),
};

/** A gate must not pass for a slip of the pen unseen. */
async function doubt(api: OperatorsApi, name: string | undefined): Promise<string> {
  const [definition] = name?.split("@") ?? [];
  if (definition === undefined) return "";
  const { items } = (await api("GET", "/sagas", { query: { definition, limit: "1" } })) as Page;
  return items.length > 0 ? "" : ` None of "${definition}" is known, ended ones included: is that its name?`;
}

function versionOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw misuse(`--to is ${text}.`, "A version is a whole number.");
}

function json(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw misuse(`--${option} is ${text}.`, `That is no JSON: ${(error as Error).message}.`);
  }
}
