/** `weft <command>`: looks at the mesh that the current folder belongs to, or operates a running one. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { check } from "./check.ts";
import { circuit } from "./circuit/circuit.ts";
import { CommandError, commandErrorText } from "./command-error.ts";
import { dlq } from "./dlq/dlq.ts";
import { helpIn, usage } from "./help.ts";
import { operatorsApi } from "./operators-api.ts";
import { policyOf } from "./policy.ts";
import { findingsText, policyJson, policyTable } from "./print.ts";
import { type Deployment, findProject, readProject } from "./project.ts";
import { saga } from "./saga/saga.ts";

interface Options {
  json: boolean;
}

/** Each prints what it found and answers with the exit code. */
const commands: Record<string, (mesh: Deployment[], options: Options) => number> = {
  policy(mesh, { json }) {
    const edges = policyOf(mesh);
    console.log(json ? JSON.stringify(policyJson(edges), null, 2) : policyTable(edges));
    return 0;
  },
  check(mesh, { json }) {
    const findings = check(mesh);
    if (json) console.log(JSON.stringify(findings, null, 2));
    else if (findings.length === 0) console.log(`${mesh.length} Workers: nothing to complain about`);
    else console.log(`${findingsText(findings)}\n${findings.length} findings in ${mesh.length} Workers`);
    return findings.length === 0 ? 0 : 1;
  },
};

/** Clients of the operators' API of a running mesh. */
const operations: Record<string, (args: string[], root: string | undefined) => Promise<number>> = {
  circuit: (args, root) =>
    circuit(args, {
      api: () => operatorsApi(root, process.env),
      print: (text) => console.log(text),
      now: () => Date.now(),
    }),
  saga: (args, root) =>
    saga(args, {
      api: () => operatorsApi(root, process.env),
      print: (text) => console.log(text),
      newId: () => crypto.randomUUID(),
      now: () => Date.now(),
    }),
  dlq: (args, root) =>
    dlq(args, {
      api: () => operatorsApi(root, process.env),
      print: (text) => console.log(text),
      readFile: (name) => readFileSync(name === "-" ? 0 : name, "utf8"),
    }),
};

process.exitCode = await run(process.argv.slice(2));

async function run(args: string[]): Promise<number> {
  const root = findProject(process.cwd());
  const help = helpIn(args);
  if (help) {
    console.log(help);
    return 0;
  }
  const [first = ""] = args;
  const operation = Object.hasOwn(operations, first) ? operations[first] : undefined;
  if (operation) return operate(() => operation(args.slice(1), root));
  let parsed;
  try {
    parsed = parseArgs({
      args,
      options: { json: { type: "boolean", default: false } },
      allowPositionals: true,
    });
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
  const [name = ""] = parsed.positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return misused(name === "" ? undefined : `There is no command "${name}".`);
  if (root === undefined)
    return misused("This folder belongs to no mesh: no wrangler.toml beside a workers folder.");
  return command(await readProject(root), parsed.values);
}

async function operate(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(commandErrorText(error));
    return 2;
  }
}

function misused(problem: string | undefined): number {
  if (problem) console.error(problem);
  console.error(usage);
  return 2;
}
