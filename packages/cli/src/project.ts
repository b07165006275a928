import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Contract } from "@weft/mesh";
import { parse } from "smol-toml";

/** A service binding as its wrangler config has it. */
export interface ServiceBinding {
  readonly binding: string;
  /** Name of the Worker behind it. */
  readonly service: string;
  /** Name that the callee is told; undefined where the props name nobody. */
  readonly caller: string | undefined;
}

export interface QueueConsumer {
  readonly queue: string;
  readonly deadLetterQueue: string | undefined;
}

/** One Worker of a mesh: what it promises and how it is deployed. */
export interface Deployment {
  /** The service's name, as its contract has it. */
  readonly name: string;
  /** Name in its wrangler config. */
  readonly worker: string;
  /** Path of the wrangler config, relative to the project. */
  readonly config: string;
  /** Path of the contract, relative to the project. */
  readonly contractPath: string;
  readonly contract: Contract;
  readonly services: readonly ServiceBinding[];
  /** It has a D1 database. */
  readonly database: boolean;
  readonly producers: readonly string[];
  readonly consumers: readonly QueueConsumer[];
  /** Classes of the Durable Objects that this Worker implements, and those of them that are backed by SQLite. */
  readonly objects: readonly string[];
  readonly sqliteObjects: readonly string[];
  readonly crons: readonly string[];
}

/** The part of a wrangler config that is looked at. */
export interface WranglerConfig {
  name: string;
  services?: { binding: string; service: string; props?: { caller?: string } }[];
  d1_databases?: { binding: string }[];
  queues?: {
    producers?: { binding: string; queue: string }[];
    consumers?: { queue: string; dead_letter_queue?: string }[];
  };
  durable_objects?: { bindings?: { name: string; class_name: string; script_name?: string }[] };
  migrations?: { new_sqlite_classes?: string[] }[];
  exports?: Record<string, { type?: string; storage?: string }>;
  triggers?: { crons?: string[] };
}

/** The folder with the mesh: the nearest one upwards that has a wrangler.toml and Workers. */
export function findProject(from: string): string | undefined {
  if (existsSync(join(from, "wrangler.toml")) && existsSync(join(from, "workers"))) return from;
  const parent = dirname(from);
  return parent === from ? undefined : findProject(parent);
}

/** Every Worker below `workers/` that has a contract. The gateway's config may be the one at the root. */
export async function readProject(root: string): Promise<Deployment[]> {
  const folders = readdirSync(join(root, "workers"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join("workers", entry.name))
    .filter((folder) => existsSync(join(root, folder, "src", "contract.ts")));
  return Promise.all(folders.toSorted().map((folder) => readWorker(root, folder)));
}

async function readWorker(root: string, folder: string): Promise<Deployment> {
  const contractPath = join(folder, "src", "contract.ts");
  const module = (await import(pathToFileURL(join(root, contractPath)).href)) as Record<string, unknown>;
  const contracts = Object.values(module).filter((value) => isContract(value));
  const [contract] = contracts;
  if (!contract || contracts.length > 1)
    throw new Error(`${contractPath} exports ${contracts.length} contracts; it must export exactly one.`);
  const own = join(folder, "wrangler.toml");
  const config = existsSync(join(root, own)) ? own : "wrangler.toml";
  const toml = parse(readFileSync(join(root, config), "utf8")) as unknown as WranglerConfig;
  return { ...deployment(contract, toml), config, contractPath };
}

function isContract(value: unknown): value is Contract {
  return typeof value === "object" && value !== null && "operations" in value && "events" in value;
}

/** What a contract and a wrangler config say together. */
export function deployment(
  contract: Contract,
  config: WranglerConfig,
): Omit<Deployment, "config" | "contractPath"> {
  const objects = config.durable_objects?.bindings ?? [];
  const exported = Object.entries(config.exports ?? {}).filter(([, { type }]) => type === "durable-object");
  return {
    name: contract.name,
    worker: config.name,
    contract,
    services: (config.services ?? []).map(({ binding, service, props }) => ({
      binding,
      service,
      caller: props?.caller,
    })),
    database: (config.d1_databases ?? []).some(({ binding }) => binding === "DB"),
    producers: (config.queues?.producers ?? []).map(({ queue }) => queue),
    consumers: (config.queues?.consumers ?? []).map(({ queue, dead_letter_queue }) => ({
      queue,
      deadLetterQueue: dead_letter_queue,
    })),
    objects: [
      ...new Set([
        ...objects.filter(({ script_name }) => !script_name).map(({ class_name }) => class_name),
        ...exported.map(([name]) => name),
      ]),
    ],
    sqliteObjects: [
      ...(config.migrations ?? []).flatMap(({ new_sqlite_classes = [] }) => new_sqlite_classes),
      ...exported.filter(([, { storage }]) => storage === "sqlite").map(([name]) => name),
    ],
    crons: config.triggers?.crons ?? [],
  };
}
