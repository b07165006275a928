import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../../scripts/lib/project.ts";
import { edge, startShop } from "./shop.ts";

const BASE = "http://127.0.0.1:8787";
const inventoryEdges = [edge("gateway", "inventory"), edge("checkout", "inventory")];
const canRun = ["bash", "curl"].every((tool) => spawnSync(tool, ["--version"]).status === 0);

interface Step {
  command: string;
  output: string;
  /** The README has the reader start the shop without its inventory before this one. */
  degraded: boolean;
}

/** The commands of the README's `console` blocks, each with what the README says that it prints. */
function steps(): Step[] {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const degradedFrom = text.indexOf("--without inventory");
  return [...text.matchAll(/```console\n([\s\S]*?)```/g)].flatMap((block) =>
    (block[1] ?? "")
      .split(/^\$ /m)
      .slice(1)
      .map((lines) => {
        const [command = "", ...output] = lines.trimEnd().split("\n");
        return { command, output: output.join("\n"), degraded: block.index > degradedFrom };
      }),
  );
}

/** What differs from run to run: ids, times, traces, and the scores inside cursors. */
function steady(output: string): string {
  return output
    .trim()
    .replaceAll("\r", "")
    .replaceAll(/ord_[0-9A-Z]{26}/g, "<order>")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>")
    .replaceAll(/"(at)":"[^"]+"/g, '"$1":"<time>"')
    .replaceAll(/"(traceId|nextCursor)":"[^"]+"/g, '"$1":"<text>"');
}

describe.skipIf(!canRun)("the README's tour", () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startShop(inventoryEdges);
  });
  afterAll(() => mesh.close());

  it("prints what the README says", async () => {
    const tour = steps();
    expect(tour.length).toBeGreaterThan(8);
    let shell = "";
    for (const { command, output, degraded } of tour) {
      if (degraded) for (const each of inventoryEdges) await mesh.fault(each, { kind: "broken" });
      const assigns = /^[A-Z]+=/.test(command);
      // Variables live on in the next command's shell by being set again from what they came out as.
      const script = `${shell}${command}${assigns ? `; declare -p ${command.split("=")[0]}` : ""}`;
      const { stdout } = await promisify(execFile)("bash", ["-c", script.replaceAll(BASE, mesh.url)]);
      if (assigns) shell += `${stdout}\n`;
      else expect(steady(stdout)).toBe(steady(output));
    }
  });
});
