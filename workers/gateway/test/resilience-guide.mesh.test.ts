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
    const terminal = new Terminal(mesh.url, { WEFT_OPERATOR_TOKEN: operatorOf(mesh).token ?? "" });
    await mesh.shop.get("/v1/products/prod_001");
    const answers: unknown[] = [];
    for (const { text } of blocks("docs/guides/resilience.md")) {
      // Commands may share a block; each answers with one line of JSON.
      for (const command of text.split(/\n(?=curl )/))
        answers.push(JSON.parse((await terminal.run(command)) ?? ""));
    }
    expect(answers).toMatchObject([
      { items: expect.any(Array) },
      {
        items: expect.arrayContaining([
          expect.objectContaining({ callee: "inventory", state: "open", reason: "operator" }),
        ]),
      },
      { items: expect.not.arrayContaining([expect.objectContaining({ state: "open" })]) },
      { items: [{ edge: { from: "gateway", to: "inventory" }, fault: { kind: "abort" }, percentage: 50 }] },
      { items: [] },
    ]);
  });
});
