import { dirname, join } from "node:path";
import type { Transport } from "@weft/mesh";
import { createTestHarness } from "wrangler";
import type { Fault } from "./fault-worker.ts";
import type { QueueOrder } from "./queue-worker.ts";
import { type Fetch, ShopClient } from "./shop-client.ts";

export interface MeshWorker {
  /** Name in its wrangler config. */
  readonly name: string;
  readonly configPath: string;
  readonly prebuiltWorkerDir: string;
  readonly secrets?: Record<string, string>;
  /** Beside those in its config. */
  readonly vars?: Record<string, string>;
  /** Bindings of D1 databases to migrate. */
  readonly databases: readonly string[];
  /** SQL statements to run in the first database. */
  readonly seed?: readonly string[];
}

/** One service binding: the caller's Worker, the name of its binding, the Worker behind it. */
export interface Edge {
  readonly from: string;
  readonly binding: string;
  readonly to: string;
  /** The caller's name, as its binding's props give it. */
  readonly caller: string;
}

/** One producer binding of a queue. */
export interface QueueEdge {
  readonly from: string;
  readonly binding: string;
  readonly queue: string;
}

/** A call that tests make in a Worker's name. */
export interface Probe {
  /** The name that the callee is told. */
  readonly caller: string;
  /** The callee's name in its wrangler config. */
  readonly to: string;
}

export interface MeshOptions {
  readonly root: string;
  /** The first one answers on HTTP. */
  readonly workers: readonly MeshWorker[];
  /** Edges on which faults can be injected. */
  readonly edges?: readonly Edge[];
  /** Folder with the built fault Worker. */
  readonly faultWorkerDir?: string;
  /** Ways to queues on which messages can be lost. */
  readonly queueEdges?: readonly QueueEdge[];
  /** Folder with the built queue Worker. */
  readonly queueWorkerDir?: string;
  /** Calls that tests make themselves. */
  readonly probes?: readonly Probe[];
  /** Folder with the built probe Worker. */
  readonly probeWorkerDir?: string;
  /** Workers that are not of the mesh. */
  readonly beside?: readonly OtherWorker[];
}

/** A Worker without a config file. */
export interface OtherWorker {
  readonly name: string;
  /** Its bundle, in a folder of its own. */
  readonly main: string;
  readonly services: readonly { readonly binding: string; readonly service: string }[];
}

const faultName = (edge: Edge) => `fault-${edge.from}-${edge.binding.toLowerCase()}`;
const queueName = (queue: string) => `queue-${queue}`;
const PROBE = "probe";
const probeName = ({ caller, to }: Probe) => `${caller}__${to}`.replaceAll("-", "_");
const ALWAYS = Number.MAX_SAFE_INTEGER;

/** All the Workers of a mesh in one local runtime, from their real wrangler configs, with faults on chosen edges. */
export async function startMesh({
  root,
  workers,
  edges = [],
  faultWorkerDir,
  queueEdges = [],
  queueWorkerDir,
  probes = [],
  probeWorkerDir,
  beside = [],
}: MeshOptions) {
  const server = createTestHarness({
    root,
    workers: [
      ...workers.map(({ name, configPath, prebuiltWorkerDir, secrets, vars }) => ({
        configPath,
        prebuiltWorkerDir,
        ...(secrets && { secrets }),
        ...(vars && { vars }),
        bindingOverrides: Object.fromEntries([
          ...edges.filter((edge) => edge.from === name).map((edge) => [edge.binding, faultName(edge)]),
          ...queueEdges
            .filter((edge) => edge.from === name)
            .map((edge) => [edge.binding, queueName(edge.queue)]),
        ]),
      })),
      ...edges.map((edge) => ({
        config: {
          name: faultName(edge),
          main: join(faultWorkerDir ?? "", "fault-worker.js"),
          compatibility_date: "2026-10-01",
          compatibility_flags: ["enable_request_signal"],
          services: [{ binding: "REAL", service: edge.to, props: { caller: edge.caller } }],
        },
        ...(faultWorkerDir && { prebuiltWorkerDir: faultWorkerDir }),
      })),
      ...[...new Set(queueEdges.map(({ queue }) => queue))].map((queue) => ({
        config: {
          name: queueName(queue),
          main: join(queueWorkerDir ?? "", "queue-worker.js"),
          compatibility_date: "2026-10-01",
          queues: { producers: [{ binding: "REAL", queue }] },
        },
        ...(queueWorkerDir && { prebuiltWorkerDir: queueWorkerDir }),
      })),
      ...(probes.length > 0
        ? [
            {
              config: {
                name: PROBE,
                main: join(probeWorkerDir ?? "", "probe-worker.js"),
                compatibility_date: "2026-10-01",
                services: probes.map((probe) => ({
                  binding: probeName(probe),
                  service: probe.to,
                  props: { caller: probe.caller },
                })),
              },
              ...(probeWorkerDir && { prebuiltWorkerDir: probeWorkerDir }),
            },
          ]
        : []),
      ...beside.map(({ name, main, services }) => ({
        config: {
          name,
          main,
          compatibility_date: "2026-10-01",
          compatibility_flags: ["enable_request_signal"],
          services: [...services],
        },
        prebuiltWorkerDir: dirname(main),
      })),
    ],
  });
  const { url } = await server.listen();

  async function database(name: string): Promise<D1Database> {
    const env = await server.getWorker<Record<string, D1Database | undefined>>(name).getEnv();
    const found = env.DB;
    if (!found) throw new Error(`${name} has no database binding DB.`);
    return found;
  }
  for (const { name, databases, seed } of workers) {
    for (const binding of databases) await server.getWorker(name).applyD1Migrations(binding);
    if (!seed?.length) continue;
    const db = await database(name);
    await db.batch(seed.map((statement) => db.prepare(statement)));
  }

  async function tellQueue(queue: string, order: QueueOrder): Promise<void> {
    const body = JSON.stringify(order);
    await server.getWorker(queueName(queue)).fetch("http://queue/", { method: "POST", body });
  }

  const fetch: Fetch = (path, init) => server.fetch(path, init as never) as unknown as Promise<Response>;
  return {
    fetch,
    /** Where the first Worker listens, without a trailing slash. */
    url: url.origin,
    /** A buyer that is not signed in. */
    shop: new ShopClient(fetch),
    /** Makes an edge fail, from now on or only so many times. */
    async fault(edge: Edge, fault: Fault, times = ALWAYS): Promise<void> {
      await server.getWorker(faultName(edge)).fetch("http://fault/__fault", {
        method: "POST",
        body: JSON.stringify({ fault, times }),
      });
    },
    /** How many calls went over an edge since its fault was set. */
    async callsOver(edge: Edge): Promise<number> {
      const answer = await server.getWorker(faultName(edge)).fetch("http://fault/__fault");
      return ((await answer.json()) as { seen: number }).seen;
    },
    /** Makes a queue of the `queueEdges` lose what its producers send, or take it again. */
    lose: (queue: string, lossy: boolean) => tellQueue(queue, { lossy }),
    /** Puts a message into a queue of the `queueEdges`, even a lossy one. */
    deliver: (queue: string, message: unknown) => tellQueue(queue, { send: message }),
    /** Rows of a Worker's database. */
    async sql<Row = Record<string, unknown>>(
      worker: string,
      query: string,
      ...values: unknown[]
    ): Promise<Row[]> {
      const db = await database(worker);
      return (
        await db
          .prepare(query)
          .bind(...values)
          .all<Row>()
      ).results;
    },
    /** A request straight to a Worker, past the gateway and without a caller's name. */
    direct(worker: string, path: string): Promise<Response> {
      return server.getWorker(worker).fetch(`http://${worker}${path}`) as unknown as Promise<Response>;
    },
    /** What a service binding of another Worker's leads to; it must be one of the mesh's `probes`. */
    as(probe: Probe): Transport {
      return {
        async fetch(request) {
          const { pathname, search } = new URL(request.url);
          const body = request.body === null ? undefined : await request.text();
          const answer = await server
            .getWorker(PROBE)
            .fetch(`http://probe/${probeName(probe)}${pathname}${search}`, {
              method: request.method,
              headers: Object.fromEntries(request.headers),
              body,
            });
          return answer as unknown as Response;
        },
      };
    },
    /** Runs a Worker's cron handler. */
    async cron(worker: string): Promise<void> {
      await server.getWorker(worker).scheduled({ cron: "* * * * *" });
    },
    logs: () => server.getLogs(),
    close: () => server.close(),
  };
}

export type TestMesh = Awaited<ReturnType<typeof startMesh>>;
