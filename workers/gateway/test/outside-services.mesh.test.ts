import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../../scripts/lib/project.ts";
import { blocks, canRun, steps, Terminal } from "./guide.ts";
import { hasPython } from "./quote-server.ts";
import { operatorOf, startShop } from "./shop.ts";

describe.skipIf(!canRun || !hasPython)("the guide to services outside Workers", () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startShop();
  });
  afterAll(() => mesh.close());

  it("prints what it says", async () => {
    const terminal = new Terminal(mesh.url, { WEFT_OPERATOR_TOKEN: operatorOf(mesh).token ?? "" });
    const stops: (() => Promise<unknown>)[] = [];
    let commands = 0;
    try {
      for (const block of blocks("docs/guides/outside-services.md")) {
        if (block.kind === "sh") {
          const script = terminal.script(block.text).replace("python3", "exec python3");
          const child = spawn("bash", ["-c", script], {
            cwd: root,
            stdio: ["ignore", "pipe", "inherit"],
            env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
          });
          const gone = once(child, "exit");
          stops.push(() => (child.kill("SIGTERM"), gone));
          await Promise.race([once(child.stdout, "data"), gone]);
          continue;
        }
        for (const { command, output } of steps(block)) {
          commands++;
          const printed = await terminal.run(command);
          if (printed !== undefined) expect(printed).toBe(output);
        }
      }
    } finally {
      await Promise.all(stops.map((stop) => stop()));
    }
    expect(commands).toBe(8);
  });
});
