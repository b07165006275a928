import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.ts";

const DEFAULT_PORT = 8787;

/** The port that the environment asks for. Throws a Failure if that is no port. */
export function portOf(text: string | undefined): number {
  if (!text) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Failure(
    `PORT is "${text}", which is no port: it must be a number from 1 to 65535.`,
    `For example: PORT=${DEFAULT_PORT} npm start`,
  );
}

/** Binds the port for a moment: the number that it got (0 asks for any free one), undefined if it is taken. */
export function tryPort(port: number, host = "127.0.0.1"): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(undefined));
    server.listen(port, host, () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}

/** Like tryPort, but waits a second for a run that was just killed to let go of it. */
export async function isFree(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt++) {
    if ((await tryPort(port)) !== undefined) return true;
    await sleep(200);
  }
  return false;
}
