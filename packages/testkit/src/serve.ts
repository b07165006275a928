import {
  type Client,
  client,
  type Contract,
  newTrace,
  type Principal,
  rootContext,
  type Transport,
} from "@weft/mesh";

export interface CallAs {
  /** Name of the calling Worker, as the props of its service binding would give it. */
  caller: string;
  principal?: Principal;
  /** Aborted when the caller is gone. */
  signal?: AbortSignal;
}

export interface Served {
  /** What a service binding of this caller leads to. */
  binding(caller: string): Transport;
  /** A typed client over such a binding, with the real outbound stack. */
  client<C extends Contract>(contract: C, as: CallAs): Client<C>;
  /** Delivers one batch of messages; tells what became of each of them. */
  queue(name: string, bodies: readonly unknown[]): Promise<Settlement[]>;
  cron(at: Date, cron?: string): Promise<void>;
  /** Resolves when all work given to `waitUntil` has ended. */
  settled(): Promise<void>;
}

export type Settlement = "acked" | "retried" | "unsettled";

/** Runs a Worker in plain Node with the given bindings: its real `fetch`, `queue` and `scheduled`, without a runtime. */
export function serve(worker: ExportedHandler<never>, env: object): Served {
  const pending = new Set<Promise<unknown>>();
  const contextFor = (props: object) =>
    ({
      props,
      waitUntil(work: Promise<unknown>) {
        pending.add(work);
        const forget = () => void pending.delete(work);
        work.then(forget, forget);
      },
      passThroughOnException: () => undefined,
    }) as unknown as ExecutionContext;

  const served: Served = {
    binding: (caller) => ({
      fetch: async (request) => {
        const answer = await worker.fetch?.(request as never, env as never, contextFor({ caller }));
        if (!answer) throw new TypeError("This Worker has no fetch().");
        return answer;
      },
    }),
    client: (contract, { caller, ...parts }) =>
      client(contract, served.binding(caller), rootContext(newTrace(), parts)),
    async queue(name, bodies) {
      const messages = bodies.map((body, index) => message(String(index), body));
      const batch = {
        queue: name,
        messages,
        ackAll: () => messages.forEach((m) => m.ack()),
        retryAll: () => messages.forEach((m) => m.retry()),
      };
      await worker.queue?.(batch as never, env as never, contextFor({}));
      return messages.map((m) => m.settlement());
    },
    async cron(at, cron = "* * * * *") {
      const controller = { scheduledTime: at.getTime(), cron, noRetry: () => undefined };
      await worker.scheduled?.(controller as never, env as never, contextFor({}));
    },
    async settled() {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
  };
  return served;
}

function message(id: string, body: unknown) {
  let settlement: Settlement = "unsettled";
  return {
    id,
    body,
    timestamp: new Date(),
    attempts: 1,
    ack: () => void (settlement = "acked"),
    retry: () => void (settlement = "retried"),
    settlement: (): Settlement => settlement,
  };
}
