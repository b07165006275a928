import { bindingName, describe, invoke, log, type Scope, type Transport } from "@weft/mesh";
import { asc, desc, inArray, lte, sql } from "drizzle-orm";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { type Command, commandsOf, MAX_COMMANDS } from "./command.ts";
import { commandOutbox } from "./schema.ts";

type Row = typeof commandOutbox.$inferSelect;

const PAGES = 20;
/** Wait before a command is handed over again: doubles with each failure, ms. */
const FIRST_RETRY = 5_000;
const LONGEST_RETRY = 10 * 60_000;

/**
 * Hands over what is due in the outbox; a command leaves it when its receiver has taken it on. Never throws: what could
 * not be handed over stays for the next sweep. A receiver may get a command twice.
 */
export async function dispatch(scope: Scope, db: AnyDatabase): Promise<void> {
  try {
    for (let page = 0; page < PAGES; page++) {
      const rows: Row[] = await db
        .select()
        .from(commandOutbox)
        .where(lte(commandOutbox.retryAt, Date.now()))
        .orderBy(desc(commandOutbox.priority), asc(commandOutbox.createdAt))
        .limit(MAX_COMMANDS);
      const byRecipient = Map.groupBy(rows, ({ recipient }) => recipient);
      await Promise.all([...byRecipient].map(([recipient, some]) => handOver(scope, db, recipient, some)));
      if (rows.length < MAX_COMMANDS) return;
    }
  } catch (error) {
    log("error", "dispatch", {
      service: scope.service,
      traceId: scope.context.trace.traceId,
      cause: describe(error),
    });
  }
}

async function handOver(
  scope: Scope,
  db: AnyDatabase,
  recipient: string,
  rows: readonly Row[],
): Promise<void> {
  const ids = rows.map(({ id }) => id);
  try {
    const receiver = (scope.env as Record<string, Transport | undefined>)[bindingName(recipient)];
    if (!receiver)
      throw new TypeError(`No service binding ${bindingName(recipient)}: add it to wrangler.toml.`);
    const input = { commands: rows.map(toCommand) };
    await invoke(commandsOf(recipient), input, receiver, scope.context, {}, undefined, scope);
    await db.delete(commandOutbox).where(inArray(commandOutbox.id, ids));
  } catch (error) {
    const retryAt = sql`${Date.now()} + min(${LONGEST_RETRY}, ${FIRST_RETRY} << min(${commandOutbox.attempts}, 10))`;
    await db
      .update(commandOutbox)
      .set({ retryAt, attempts: sql`${commandOutbox.attempts} + 1` })
      .where(inArray(commandOutbox.id, ids));
    log("warn", "command not handed over", {
      service: scope.service,
      recipient,
      waiting: rows.length,
      traceId: scope.context.trace.traceId,
      cause: describe(error),
    });
  }
}

function toCommand({ id, type, data, priority, dueAt, traceparent }: Row): Command {
  return { id, type, data, priority, dueAt, traceparent };
}
