import { stripVTControlCharacters } from "node:util";

/** The opening lines of what wrangler says about itself; each block ends at the next line that opens something. */
const noise = [
  /^\[wrangler:/,
  /has access to the following bindings:$/,
  /^Using (secrets|vars) defined in/,
  /^Service bindings, Durable Object bindings, and Tail consumers connect/,
  /^⎔ /,
  /WARNING.*Scheduled Workers are not automatically triggered/,
  /^\s*$/,
];

/** Lets the Workers' own lines and every error through, and drops wrangler's talk about itself. */
export function consoleFilter(workerNames: string[], write: (line: string) => void): (line: string) => void {
  const opens = new RegExp(String.raw`^(\[(${workerNames.join("|")}|wrangler:\w+)\] |✘ |▲ |⎔ )`);
  let dropping = false;
  return (line) => {
    const plain = stripVTControlCharacters(line);
    if (noise.some((pattern) => pattern.test(plain))) {
      // An empty line inside an error's stack neither ends nor starts anything.
      if (plain.trim() !== "") dropping = true;
      return;
    }
    if (opens.test(plain)) dropping = false;
    if (!dropping) write(process.stdout.isTTY ? line : plain);
  };
}
