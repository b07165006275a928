import {
  type InboundLayer,
  meshError,
  type Plugin,
  type Runtime,
  type Scope,
  systemRuntime,
} from "@weft/mesh";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Acquirer } from "./acquirer.ts";
import { acquirerAttempts } from "./schema.ts";
import { testAcquirer } from "./test-acquirer.ts";

/**
 * Gives handlers the bank as `acquirer`. Comes before `database` in `use`: an answer that the bank loses is lost after
 * everything inside has been committed, as it is when a connection breaks at the wrong moment.
 */
export function bankLine({ sleep }: Pick<Runtime, "sleep"> = systemRuntime): Plugin<{ acquirer: Acquirer }> {
  const connect = ({ env }: Scope, loseAnswer: () => void): Acquirer =>
    testAcquirer({
      countAttempt: (orderId) => countAttempt((env as { DB: D1Database }).DB, orderId),
      loseAnswer,
      sleep,
    });

  const layer: InboundLayer = (next) =>
    async function hearFromBank(call) {
      let lost = false;
      const acquirer = connect(call.scope, () => {
        lost = true;
      });
      const reply = await next({ ...call, resources: { ...call.resources, acquirer } });
      if (lost) throw meshError("UNAVAILABLE", "The bank's answer was lost.");
      return reply;
    };

  // An event has nobody who waits for an answer that could get lost.
  return { resources: (scope) => ({ acquirer: connect(scope, () => undefined) }), layer };
}

/** Written at once and not through `tx`: the attempt counts also when it fails. */
async function countAttempt(DB: D1Database, orderId: string): Promise<number> {
  const [row] = await drizzle(DB)
    .insert(acquirerAttempts)
    .values({ orderId, attempts: 1 })
    .onConflictDoUpdate({
      target: acquirerAttempts.orderId,
      set: { attempts: sql`${acquirerAttempts.attempts} + 1` },
    })
    .returning();
  return row?.attempts ?? 1;
}
