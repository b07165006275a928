import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { importPeer } from "../../lib/peers.ts";

interface StepContext {
  run(name: string, work: () => Promise<unknown>): Promise<unknown>;
}
type Handler = (context: StepContext, id: string) => Promise<void>;
interface Sdk {
  service(definition: { name: string; handlers: Record<string, Handler> }): unknown;
  createEndpointHandler(options: {
    services: unknown[];
    logger: () => void;
  }): Parameters<typeof createServer>[1];
}

const sdk = (await importPeer("@restatedev/restate-sdk", "dist/index.js")) as Sdk;

async function post(path: string, id: string): Promise<string> {
  const body = JSON.stringify({ id });
  const answer = await fetch(new URL(path, String(workerData)), { method: "POST", body });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.text();
}

/** Undos are registered before their steps, as Restate's guide for sagas has it. */
const saga: Handler = async (context, id) => {
  const undos: string[] = [];
  const step = (name: string) => context.run(name, () => post("/internal/things", id));
  try {
    for (const name of ["create", "reserve"]) {
      undos.push(`undo ${name}`);
      await step(name);
    }
    for (const name of ["capture", "confirm"]) await step(name);
  } catch (error) {
    for (const name of undos.toReversed()) await context.run(name, () => post("/internal/things/undo", id));
    throw error;
  }
};

const endpoint = createServer(
  {},
  sdk.createEndpointHandler({
    services: [sdk.service({ name: "bench", handlers: { saga } })],
    logger: () => {},
  }),
);
endpoint.listen(0, "127.0.0.1", () => parentPort?.postMessage((endpoint.address() as AddressInfo).port));
