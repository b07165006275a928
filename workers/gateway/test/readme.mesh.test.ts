import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocks, canRun, steps, Terminal } from "./guide.ts";
import { edge, startShop } from "./shop.ts";

const inventoryEdges = [edge("gateway", "inventory"), edge("checkout", "inventory")];

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
    const terminal = new Terminal(mesh.url);
    let commands = 0;
    for (const block of blocks("README.md")) {
      // There the reader starts the shop without its inventory.
      if (block.text.includes("--without inventory"))
        for (const each of inventoryEdges) await mesh.fault(each, { kind: "broken" });
      if (block.kind === "sh") continue;
      for (const { command, output } of steps(block)) {
        commands++;
        const printed = await terminal.run(command);
        if (printed !== undefined) expect(steady(printed)).toBe(steady(output));
      }
    }
    expect(commands).toBe(13);
  });
});
