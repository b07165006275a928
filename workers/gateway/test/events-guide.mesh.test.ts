import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocks, canRun, steps, Terminal } from "./guide.ts";
import { operatorOf, startShop } from "./shop.ts";

describe.skipIf(!canRun)("the guide to events", () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startShop();
  });
  afterAll(() => mesh.close());

  it("prints what it says", async () => {
    const terminal = new Terminal(mesh.url, { WEFT_OPERATOR_TOKEN: operatorOf(mesh).token ?? "" });
    let commands = 0;
    for (const block of blocks("docs/guides/events.md"))
      for (const { command, output } of steps(block)) {
        commands++;
        expect(await terminal.run(command)).toBe(output);
      }
    expect(commands).toBe(4);
  });
});
