import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { createTestHarness } from "wrangler";
import { root } from "../../lib/project.ts";

const compatibility_date = "2026-10-01";

export interface Runtime {
  /** Of the Worker in worker.ts. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Both engines that run on workerd, and the Worker that their steps call. */
export async function startRuntime(): Promise<Runtime> {
  const folder = mkdtempSync(join(tmpdir(), "weft-bench-saga-"));
  const bundle = async (name: string, entry: string) => {
    const dir = join(folder, name);
    const outfile = join(dir, `${name}.js`);
    const external = ["cloudflare:*", "node:*"];
    await build({
      entryPoints: [join(root, entry)],
      bundle: true,
      format: "esm",
      target: "es2024",
      external,
      outfile,
    });
    return { main: outfile, dir };
  };
  const sagas = await bundle("saga-bench", "scripts/bench/saga/worker.ts");
  const things = await bundle("things", "packages/testkit/src/thing-worker.ts");
  const server = createTestHarness({
    root,
    workers: [
      {
        config: {
          name: "saga-bench",
          main: sagas.main,
          compatibility_date,
          services: [{ binding: "THINGS", service: "things" }],
          d1_databases: [
            {
              binding: "DB",
              database_name: "saga-bench",
              database_id: "5a6a0000-0000-4000-8000-000000000002",
            },
          ],
          durable_objects: {
            bindings: [{ name: "SAGAS", class_name: "SagaCoordinator" }],
          },
          migrations: [{ tag: "v1", new_sqlite_classes: ["SagaCoordinator"] }],
          workflows: [
            { binding: "SAGA_WORKFLOW", name: "saga-workflow", class_name: "SagaWorkflow" },
            { binding: "PLAIN_WORKFLOW", name: "plain-workflow", class_name: "PlainWorkflow" },
          ],
        },
        prebuiltWorkerDir: sagas.dir,
      },
      { config: { name: "things", main: things.main, compatibility_date }, prebuiltWorkerDir: things.dir },
    ],
  });
  const { url } = await server.listen();
  const { DB } = await server.getWorker<{ DB: D1Database }>("saga-bench").getEnv();
  for (const file of globSync(join(root, "migrations/checkout/*.sql")).toSorted())
    for (const sql of readFileSync(file, "utf8").split("--> statement-breakpoint"))
      await DB.prepare(sql).run();
  return {
    url: url.href,
    async stop() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
