import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { expect, it } from "vitest";
import { DEAD_LETTERS, EVENTS } from "../fixture/queue-settings.ts";

const root = join(import.meta.dirname, "../../../..");

interface Consumer {
  queue: string;
}
const consumersIn = (toml: string) =>
  (parse(toml) as { queues?: { consumers?: Consumer[] } }).queues?.consumers ?? [];
const wanted = (queue: string) =>
  queue.endsWith("-dlq")
    ? { queue, ...DEAD_LETTERS }
    : { queue, ...EVENTS, dead_letter_queue: `${queue}-dlq` };

const configs = globSync("workers/*/wrangler.toml", { cwd: root });
const guide = readFileSync(join(root, "docs/guides/events.md"), "utf8");
const sources: [string, string][] = [
  ...configs.map((file): [string, string] => [file, readFileSync(join(root, file), "utf8")]),
  ["docs/guides/events.md", [...guide.matchAll(/```toml\n([^]*?)```/g)].at(-1)?.[1] ?? ""],
];

it("every subscriber's queues have the same settings, in the guide as well", () => {
  const found = sources
    .flatMap(([, toml]) => consumersIn(toml))
    .filter(({ queue }) => /-events(-dlq)?$/.test(queue));
  expect(found).toEqual(found.map(({ queue }) => wanted(queue)));
  expect(found.length).toBeGreaterThanOrEqual(2 * 9);
});
