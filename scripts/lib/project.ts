import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parse } from "smol-toml";

export const root = resolve(import.meta.dirname, "../..");

export interface Database {
  binding: string;
  id: string;
  name: string;
  /** Absolute; absent when the Worker only reads a database that another one owns. */
  migrations?: string;
}

/** What the scripts need to know of one Worker, read from its wrangler.toml. */
export interface WorkerConfig {
  name: string;
  /** Relative to the repository, as wrangler's `-c` wants it. */
  config: string;
  /** Relative to the repository: workers/<name>, for the gateway too, whose config is at the root. */
  folder: string;
  secrets: string[];
  crons: string[];
  databases: Database[];
}

interface Toml {
  name: string;
  main: string;
  secrets?: { required?: string[] };
  triggers?: { crons?: string[] };
  d1_databases?: { binding: string; database_id: string; database_name: string; migrations_dir?: string }[];
}

/** Every Worker of the repository: the gateway (the root config) first, since the first one answers on HTTP. */
export function workers(from = root): WorkerConfig[] {
  const configs = readdirSync(join(from, "workers"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join("workers", entry.name, "wrangler.toml"))
    .toSorted();
  return ["wrangler.toml", ...configs]
    .filter((config) => existsSync(join(from, config)))
    .map((config) => read(from, config));
}

function read(from: string, config: string): WorkerConfig {
  const file = join(from, config);
  const toml = parse(readFileSync(file, "utf8")) as unknown as Toml;
  return {
    name: toml.name,
    config,
    folder: relative(from, dirname(resolve(dirname(file), toml.main))).replace(/[/\\]src$/, ""),
    secrets: toml.secrets?.required ?? [],
    crons: toml.triggers?.crons ?? [],
    databases: (toml.d1_databases ?? []).map((database) => ({
      binding: database.binding,
      id: database.database_id,
      name: database.database_name,
      ...(database.migrations_dir && { migrations: resolve(dirname(file), database.migrations_dir) }),
    })),
  };
}
