import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

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
