import { join } from "node:path";
import { readProject } from "@weft/cli";
import { describe, expect, it } from "vitest";
import { KEEPERS } from "./contract.ts";
import { prometheus, type Sample } from "./prometheus.ts";

describe("the text format", () => {
  it("names, explains and labels gauges, whatever is in a label", () => {
    const samples: Sample[] = [
      { labels: { service: 'a "b" \\c\nd', source: "e" }, value: 1.5 },
      { labels: { service: "f" }, value: 0 },
    ];
    expect(prometheus([{ name: "weft_x", help: "Things", samples }])).toBe(
      '# HELP weft_x Things\n# TYPE weft_x gauge\nweft_x{service="a \\"b\\" \\\\c\\nd",source="e"} 1.5\nweft_x{service="f"} 0\n',
    );
  });
});

describe("the services that are asked", () => {
  it("are those with a database", async () => {
    const mesh = await readProject(join(import.meta.dirname, "../../../.."));
    expect(mesh.filter(({ database }) => database).map(({ name }) => name)).toEqual([...KEEPERS]);
  });
});
