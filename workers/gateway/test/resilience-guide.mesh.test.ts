import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocks, canRun, Terminal } from "./guide.ts";
import { operatorOf, startShop } from "./shop.ts";

describe.skipIf(!canRun)("the guide to resilience", () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startShop();
  });
  afterAll(() => mesh.close());

  it("gives operators commands that work", async () => {
    const terminal = new Terminal(mesh.url, {
      WEFT_OPERATOR_TOKEN: operatorOf(mesh).token ?? "",
      WEFT_URL: mesh.url,
    });
    await mesh.shop.get("/v1/products/prod_001");
    const printed: string[] = [];
    for (const { text } of blocks("docs/guides/resilience.md"))
      for (const command of text.split(/\n(?=curl |npx )/)) printed.push((await terminal.run(command)) ?? "");
    const [list, opened, shown, cleared, ...faults] = printed;
    expect(list).toMatch(/^inventory +\w+ +closed/m);
    expect(opened).toMatch(/^inventory +\w+ +open +operator .*: maintenance$/m);
    expect(shown).toMatch(/closed +open +operator/);
    expect(cleared).toMatch(/^inventory +\w+ +closed/m);
    expect(faults.map((answer) => JSON.parse(answer))).toMatchObject([
      { items: [{ edge: { from: "gateway", to: "inventory" }, fault: { kind: "abort" }, percentage: 50 }] },
      { items: [] },
    ]);
  });
});
