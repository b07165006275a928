import { misuseOf, readArguments } from "../arguments.ts";
import { CommandError } from "../command-error.ts";
import type { OperatorsApi } from "../operators-api.ts";
import { runBulk } from "./bulk.ts";
import {
  degradedText,
  failureText,
  type Letter,
  letterTable,
  letterText,
  type Page,
  pageText,
} from "./letters.ts";

export const dlqUsage = `weft dlq list [--service S] [--type T] [--status failing|dead|replayed|discarded] [--limit N] [--cursor C]
weft dlq show <service>/<id>                     the message and the history of its failures
weft dlq edit <service>/<id> --body FILE         another message for the next replay; - reads standard input
weft dlq replay <service>/<id>                   try once more
weft dlq discard <service>/<id> --reason TEXT    give it up for good
weft dlq replay|discard --all [--service S] [--type T] [--status dead|failing] [--rate PER_SECOND] [--dry-run]
                         with --json for programs; at WEFT_URL (default http://127.0.0.1:8787), as WEFT_OPERATOR_TOKEN`;

/** The world around the command. */
export interface Surroundings {
  readonly api: () => OperatorsApi;
  readonly print: (text: string) => void;
  /** Text of a file; `-` is standard input. */
  readonly readFile: (name: string) => string;
}

const options = {
  service: { type: "string" },
  type: { type: "string" },
  status: { type: "string" },
  limit: { type: "string" },
  cursor: { type: "string" },
  all: { type: "boolean", default: false },
  rate: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  reason: { type: "string" },
  body: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const misuse = misuseOf(dlqUsage);
const parse = (args: string[]) => readArguments(args, options, misuse);
type Values = ReturnType<typeof parse>["values"];

/** Gives the exit code: 0 done, 1 something stays undone. Throws a CommandError for anything else. */
export async function dlq(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parse(args);
  const [verb = "", name, ...more] = positionals;
  if (more.length > 0) throw misuse(`"${more.join(" ")}" is too much.`, "One letter is settled at a time.");
  const { api, print } = surroundings;
  const show = (value: unknown, text: string) => print(values.json ? JSON.stringify(value, null, 2) : text);

  if (verb === "list") {
    const { service, type, status, limit, cursor } = values;
    const query = { service, type, status, limit, cursor };
    const page = (await api()("GET", "/dead-letters", { query })) as Page;
    show(page, pageText(page));
    return page.degraded.length === 0 ? 0 : 1;
  }
  if ((verb === "replay" || verb === "discard") && name === undefined) {
    const order = bulkOrder(verb, values);
    const done = await runBulk(api(), verb, order);
    const told = order.dryRun
      ? `Dry run: ${done.matched} would be ${verb === "replay" ? "replayed" : "discarded"}.`
      : `${done.settled} settled, ${done.failed} failed, ${done.left} left.`;
    const rows = done.items.length === 0 ? "" : `${letterTable(done.items)}\n`;
    const failed = failureText(done.failures, done.failed);
    show(done, [rows, failed, told, degradedText(done.degraded)].filter(Boolean).join("\n"));
    return done.degraded.length > 0 || (!order.dryRun && done.failed + done.left > 0) ? 1 : 0;
  }
  const letter = await settleOne(verb, pathOf(name, values.service), values, surroundings);
  show(letter, letterText(letter));
  return verb === "replay" && letter.status !== "replayed" ? 1 : 0;
}

async function settleOne(
  verb: string,
  path: () => string,
  values: Values,
  { api, readFile }: Surroundings,
): Promise<Letter> {
  switch (verb) {
    case "show":
      return (await api()("GET", path())) as Letter;
    case "edit":
      return (await api()("PUT", path(), { body: { body: readBody(values.body, readFile) } })) as Letter;
    case "replay":
      return (await api()("POST", `${path()}/replay`)) as Letter;
    case "discard":
      return (await api()("POST", `${path()}/discard`, { body: { reason: reasonOf(values) } })) as Letter;
    default:
      throw misuse(
        verb === "" ? "What is to be done?" : `There is no command "dlq ${verb}".`,
        "There are list, show, edit, replay and discard.",
      );
  }
}

function bulkOrder(verb: "replay" | "discard", values: Values) {
  const { service, type, status, rate, all } = values;
  if (!all && service === undefined && type === undefined && status === undefined)
    throw misuse("Which letters?", "Neither a letter nor a filter is named, and --all is not said.");
  if (rate !== undefined && !(Number(rate) > 0))
    throw misuse(`--rate is "${rate}".`, "It is the number of letters per second, above 0.");
  return {
    service,
    type,
    status,
    dryRun: values["dry-run"],
    ...(rate !== undefined && { rate: Number(rate) }),
    ...(verb === "discard" && { reason: reasonOf(values) }),
  };
}

function reasonOf({ reason }: Values): string {
  if (reason?.trim()) return reason;
  throw misuse(
    "A reason is missing.",
    "Whoever looks at the letter later wants to know why it was given up.",
  );
}

/** `orders/<id>`, or an id with --service. */
function pathOf(name: string | undefined, service: string | undefined): () => string {
  return () => {
    const [first = "", second] = (name ?? "").split("/");
    const [owner, id] = second === undefined ? [service, first] : [first, second];
    if (owner && id) return `/dead-letters/${encodeURIComponent(owner)}/${encodeURIComponent(id)}`;
    throw misuse(
      name === undefined ? "Which letter?" : `"${name}" names no letter.`,
      "A letter is named as the list does: <service>/<id>.",
    );
  };
}

function readBody(name: string | undefined, readFile: Surroundings["readFile"]): unknown {
  if (name === undefined) throw misuse("The message is missing.", "--body names the file that it is in.");
  try {
    return JSON.parse(readFile(name));
  } catch (error) {
    throw new CommandError(
      `The message cannot be read from ${name}.`,
      error instanceof Error ? error.message : String(error),
      "Write the `body` that `weft dlq show --json` prints into a file, and change it there.",
    );
  }
}
