import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { parse } from "smol-toml";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const inWorkerd = "**/*.workerd.test.{ts,tsx}";
const overMesh = "**/*.mesh.test.ts";
const inBrowser = "**/*.browser.test.ts";
const never = ["**/node_modules/**", "**/dist/**", "**/.wrangler/**"];

/** Pure logic, in Node. */
const unit: TestProjectInlineConfiguration = {
  test: {
    name: "unit",
    include: ["{packages,workers,scripts,docs}/**/*.test.{ts,tsx}"],
    exclude: [...never, inWorkerd, overMesh, inBrowser],
  },
};

/** The real Workers together, built as for production; see scripts/lib/build.ts. */
const mesh = (name: string, include: string): TestProjectInlineConfiguration => ({
  test: {
    name,
    include: [`{packages,workers,docs}/${include}`],
    exclude: never,
    globalSetup: "scripts/vitest/build-workers.ts",
    // Wrangler's own record of every span would take a third of the CPU time.
    env: { X_LOCAL_OBSERVABILITY: "false" },
    // One runtime process with every Worker in it per file: two at a time fill a small machine.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

/** Durable Objects and handlers inside workerd: one project for each Worker config that has such tests near it. */
function workerd(): TestProjectInlineConfiguration[] {
  const files = globSync(`{packages,workers}/${inWorkerd}`, { exclude: ["**/node_modules/**"] });
  const configs = new Map<string, string>();
  for (const file of files) {
    const folder = file.split(/[/\\]/).slice(0, 2).join("/");
    configs.set(folder, configFor(folder));
  }
  return [...configs].map(([folder, configPath]) => ({
    plugins: [
      cloudflareTest({
        wrangler: { configPath },
        miniflare: { serviceBindings: absentServices(configPath) },
      }),
    ],
    test: {
      name: `workerd:${folder}`,
      include: [`${folder}/${inWorkerd}`],
      exclude: never,
      // A CommonJS index over ES modules, which workerd cannot load as it is.
      deps: { optimizer: { ssr: { enabled: true, include: ["itty-durable"] } } },
    },
  }));
}

function configFor(folder: string): string {
  const places = [join(folder, "wrangler.toml"), join(folder, "test", "wrangler.toml")];
  if (folder === "workers/gateway") places.push("wrangler.toml");
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`tests in workerd need a Worker config at ${places.join(" or ")}`);
  return found;
}

/** The Workers behind a config's service bindings are not there; a call to one says so instead of not starting. */
function absentServices(configPath: string): Record<string, () => Response> {
  const { services = [] } = parse(readFileSync(configPath, "utf8")) as unknown as {
    services?: { binding: string; service: string }[];
  };
  return Object.fromEntries(
    services.map(({ binding, service }) => [
      binding,
      () => new Response(`${service} does not run in tests of ${dirname(configPath)}`, { status: 503 }),
    ]),
  );
}

export default defineConfig({
  test: {
    // The Workers' logs matter where a test failed, and bury the result where none did.
    silent: "passed-only",
    projects: [unit, ...workerd(), mesh("mesh", overMesh), mesh("browser", inBrowser)],
  },
});
