import { describe, expect, it } from "vitest";
import { CommandError } from "../command-error.ts";
import { circuit } from "./circuit.ts";

const at = "2026-11-21T12:00:00.000Z";
const closed = {
  region: "EU",
  callee: "inventory",
  state: "closed",
  reason: "initial",
  retries: "on",
  since: null,
  transitions: [],
  isolates: [],
};
const open = {
  ...closed,
  region: "NA",
  state: "open",
  reason: "failure-rate",
  since: at,
  override: { state: "open", until: at, reason: "maintenance" },
  transitions: [{ at, from: "closed", to: "open", reason: "failure-rate", counts: { failure: 19, ok: 0 } }],
  isolates: [
    { reporter: "iso-1", service: "gateway", state: "open", reason: "region", by: "region", awaited: 0, at },
  ],
};

async function run(args: string[], items: unknown[] = [closed, open]) {
  const asked: unknown[] = [];
  const printed: string[] = [];
  const code = await circuit(args, {
    api: () => async (method, path, parts) => {
      asked.push([method, path, parts?.body]);
      return { items };
    },
    print: (text) => printed.push(text),
    now: () => Date.parse(at),
  });
  return { code, asked, text: printed.join("\n") };
}

describe("weft circuit", () => {
  it("lists every circuit with its reason and its order", async () => {
    const { asked, text } = await run(["list"]);
    expect(asked).toEqual([["GET", "/circuits", undefined]]);
    expect(text).toMatch(/inventory +EU +closed +initial$/m);
    expect(text).toMatch(/inventory +NA +open +failure-rate .* held open until .*: maintenance/);
    expect((await run(["list", "--region", "EU"])).text).not.toContain("NA");
    expect((await run(["list"], [])).text).toBe("Nobody has called anybody yet.");
  });

  it("shows one callee's transitions and isolates", async () => {
    const { text } = await run(["show", "inventory"]);
    expect(text).toContain("inventory in EU: closed (initial), retries on\n\nIt has not changed yet.");
    expect(text).toMatch(/closed +open +failure-rate +failure 19$/m);
    expect(text).toMatch(/iso-1 +gateway +open +region +region/);
    expect(JSON.parse((await run(["show", "inventory", "--json"])).text)).toEqual({ items: [closed, open] });
    await expect(run(["show", "nobody"])).rejects.toThrow("no circuit of nobody");
  });

  it.each([
    [
      ["open", "inventory", "--for", "600"],
      { state: "open", until: "2026-11-21T12:10:00.000Z", reason: "why not" },
    ],
    [
      ["close", "inventory", "--for", "1", "--region", "EU"],
      { state: "closed", until: "2026-11-21T12:00:01.000Z", reason: "why not", region: "EU" },
    ],
    [["clear", "inventory"], { state: "clear", reason: "why not" }],
  ])("gives the order %j with its reason", async (args, body) => {
    const { asked, text } = await run([...args, "--reason", "why not"]);
    expect(asked).toEqual([["PUT", "/circuits/inventory", body]]);
    expect(text).toContain("CALLEE");
  });

  it.each([
    [["open", "inventory", "--reason", "x"], "--for is missing"],
    [["open", "inventory", "--for", "10m", "--reason", "x"], "--for is 10m"],
    [["open", "inventory", "--for", "86401", "--reason", "x"], "--for is 86401"],
    [["open", "inventory", "--for", "1"], "--reason is missing"],
    [["list", "--region", "nowhere"], "--region is nowhere"],
    [["clear"], "Which callee?"],
    [["explode", "inventory"], 'no command "circuit explode"'],
    [["list", "--what"], "--what"],
    [["list", "inventory"], "too much"],
  ])("says what is wrong with %j, asking nobody", async (args, problem) => {
    await expect(run(args)).rejects.toSatisfy(
      (error) => error instanceof CommandError && error.message.includes(problem),
    );
  });
});
