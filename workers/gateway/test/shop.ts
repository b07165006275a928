import { join } from "node:path";
import {
  type Edge,
  type MeshWorker,
  type OtherWorker,
  type Probe,
  type QueueEdge,
  startMesh,
  type TestMesh,
} from "@weft/testkit/mesh";
import { ShopClient } from "@weft/testkit/shop-client";
import { builtWorker } from "../../../scripts/lib/build.ts";
import { root, workers } from "../../../scripts/lib/project.ts";
import { seed as products } from "../../catalog/seed.ts";
import { seed as stock } from "../../inventory/seed.ts";

export const OPERATOR_TOKEN = "operators-only-in-tests";
export const REGISTRY_TOKEN = "instances-only-in-tests";
const secrets: Record<string, string> = {
  WEFT_OPERATOR_TOKEN: OPERATOR_TOKEN,
  REGISTRY_TOKEN,
  USERS_KEY_SECRET: Buffer.alloc(32, 7).toString("base64"),
};
const seeds: Record<string, () => string[]> = { "shop-catalog": products, "shop-inventory": stock };

/** Every service behind the gateway. */
export const services = workers()
  .map(({ name }) => name.replace(/^shop-/, ""))
  .filter((name) => name !== "gateway");

/** An edge of the shop by its services' names. */
export function edge(from: string, to: string): Edge {
  return { from: `shop-${from}`, binding: to.toUpperCase(), to: `shop-${to}`, caller: from };
}

/** A publisher's way to a subscriber's queue. */
export function queueEdge(publisher: string, subscriber: string): QueueEdge {
  return {
    from: `shop-${publisher}`,
    binding: `${subscriber.toUpperCase()}_EVENTS`,
    queue: `${subscriber}-events`,
  };
}

/** A call in the name of one of the shop's Workers. */
export function probe(caller: string, to: string): Probe {
  return { caller, to: `shop-${to}` };
}

export interface ShopOptions {
  /** Calls that the test makes itself, in the name of any Worker. */
  probes?: readonly Probe[];
  /** For every Worker, beside those in its config. */
  vars?: Record<string, string>;
  /** Ways to queues on which messages can be lost. */
  queueEdges?: readonly QueueEdge[];
  /** Workers that are not of the shop. */
  beside?: readonly OtherWorker[];
}

/** The whole shop, from its real wrangler configs, seeded, with faults on the given edges. */
export function startShop(
  edges: readonly Edge[] = [],
  { probes = [], vars, queueEdges = [], beside = [] }: ShopOptions = {},
): Promise<TestMesh> {
  return startMesh({
    root,
    edges,
    faultWorkerDir: builtWorker("fault-worker"),
    queueEdges,
    queueWorkerDir: builtWorker("queue-worker"),
    probes,
    probeWorkerDir: builtWorker("probe-worker"),
    beside,
    workers: shopWorkers().map((worker) => ({ ...worker, ...(vars && { vars }) })),
  });
}

/** The shop's Workers as a harness takes them, the gateway first. */
export function shopWorkers(): MeshWorker[] {
  return workers().map((worker) => ({
    name: worker.name,
    configPath: join(root, worker.config),
    prebuiltWorkerDir: builtWorker(worker.name),
    secrets: Object.fromEntries(worker.secrets.map((name) => [name, secrets[name] ?? ""])),
    databases: worker.databases.map(({ binding }) => binding),
    seed: seeds[worker.name]?.() ?? [],
  }));
}

export function operatorOf(mesh: TestMesh): ShopClient {
  return new ShopClient(mesh.fetch, OPERATOR_TOKEN);
}
