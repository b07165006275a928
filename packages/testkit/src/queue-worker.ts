/**
 * Stands in for a queue at its producers in whole-mesh tests: passes their messages on, or loses them while it is told
 * to. Tests send messages of their own past that. `mesh.ts` starts one per queue.
 */
import { WorkerEntrypoint } from "cloudflare:workers";

interface Env {
  REAL: Queue;
}

export type QueueOrder = { lossy: boolean } | { send: unknown };

let lossy = false;

export default class QueueStandIn extends WorkerEntrypoint<Env> {
  async send(body: unknown, options?: QueueSendOptions): Promise<void> {
    if (!lossy) await this.env.REAL.send(body, options);
  }

  async sendBatch(messages: MessageSendRequest[]): Promise<void> {
    if (!lossy) await this.env.REAL.sendBatch(messages);
  }

  /** What tests ask for. */
  override async fetch(request: Request): Promise<Response> {
    const order = await request.json<QueueOrder>();
    if ("lossy" in order) ({ lossy } = order);
    else await this.env.REAL.send(order.send, { contentType: "json" });
    return new Response();
  }
}
