import { expect, it } from "vitest";
import { consoleFilter } from "./console-filter.ts";

function shown(lines: string[]): string[] {
  const written: string[] = [];
  const filter = consoleFilter(["gateway", "users"], (line) => written.push(line));
  for (const line of lines) filter(line);
  return written;
}

it("drops wrangler's tables, hints and request lines", () => {
  const lines = [
    "gateway has access to the following bindings:",
    "Binding                 Resource          Mode",
    "env.USERS (users)       Worker            local [connected]",
    "",
    "\u001B[33m▲ [WARNING] Scheduled Workers are not automatically triggered during local development.\u001B[0m",
    "",
    "  To manually trigger a scheduled event, run:",
    "[wrangler:info] GET /health 200 OK (2ms)",
    "⎔ Reloading local server...",
  ];
  expect(shown(lines)).toEqual([]);
});

it("shows what a Worker logs, to its last line, and errors with their stack", () => {
  const own = ["[gateway] first", "  second", "✘ [ERROR] boom", "    at index.ts:1:2", "[users] done"];
  expect(shown(["env.DB  D1", "⎔ Starting local server...", ...own])).toEqual(["env.DB  D1", ...own]);
});

it("shows a warning that is not the one about cron triggers", () => {
  expect(shown(["▲ [WARNING] Missing required secrets: X", "[wrangler:info] GET / 200"])).toHaveLength(1);
});
