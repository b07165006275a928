/**
 * `npm run corpus`: lives the sagas of lives.ts that are not in logs/ yet, with today's code, and adds them. What is
 * there stays as it is: it is what an earlier release has left on disk, and the corpus' test reads it.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, read } from "./entry.ts";
import { live, recipes } from "./lives.ts";

const print = console.log;
for (const method of ["log", "error"] as const) console[method] = () => {};
let added = 0;
for (const [name, recipe] of Object.entries(recipes)) {
  const file = join(folder, `${name}.json`);
  if (existsSync(file)) continue;
  const { head, log } = (await live(recipe)).store;
  if (!head) throw new Error(`the saga "${name}" did not begin`);
  const entry = { about: recipe.about, head, log, ...read(head, log) };
  writeFileSync(file, text(entry), { flag: "wx" });
  print(`added ${name}: ${log.length} events`);
  added += 1;
}
if (added === 0) print("nothing to add: every saga of lives.ts is in the corpus");

/** JSON with a line for each part, and in a list for each of its items. */
function text(entry: object): string {
  const parts = Object.entries(entry).map(([name, part]: [string, unknown]) => {
    const items =
      Array.isArray(part) && part.length > 0 ? part.map((item) => JSON.stringify(item)) : undefined;
    return `"${name}": ${items ? `[\n${items.join(",\n")}\n]` : JSON.stringify(part)}`;
  });
  return `{\n${parts.join(",\n")}\n}\n`;
}
