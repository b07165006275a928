import { describe, log, meshError } from "@weft/mesh";
import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { readAnswer, replay } from "./answer.ts";
import { Execution } from "./execution.ts";
import { fingerprint, sha256 } from "./fingerprint.ts";
import { readKey } from "./key.ts";
import type { KeyObject, KeyStore } from "./key-store.ts";

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;
/** An object's value may be 2 MB; an answer near that is no answer to a command. */
const MAX_BODY = 1024 * 1024;

export interface IdempotencyVariables {
  execution: Execution;
}

interface Carry {
  take: (c: Context) => string;
  give: (c: Context, carried: string) => void;
}

/** Answers carry nothing. */
const bare: Carry = { take: () => "", give: () => {} };

export interface IdempotencyOptions {
  store: (c: Context) => KeyStore;
  /** Whose key it is: the principal. Keys of different scopes never meet, so nobody can fetch another's answer. */
  scope: (c: Context) => string;
  /**
   * What an answer carries that others put on it, such as how new the state is that it has seen: taken from an answer that
   * is kept, given again to a replay.
   */
  carry?: Carry;
  /** The page that says what keys must be and how long they are remembered: refusals of a key link to it. */
  docs?: string;
  /** How long an attempt may take before the next request may carry on, ms; longer than any handler runs. */
  lease?: number;
  /** How long a key is remembered after it was last used, ms. */
  lifetime?: number;
  /**
   * Says of an answer (`c.res`) that it is not the last word: the next request with the key carries on. Only for
   * handlers that do their work once per execution id, however often they are started. Without it every answer after
   * the start is kept, a 5xx included.
   */
  resumable?: (c: Context) => boolean;
}

/**
 * Makes a handler run once per Idempotency-Key, after draft-ietf-httpapi-idempotency-key-header: 400 without a usable
 * key, 409 while the first request runs, 422 for another request under the same key, otherwise the first answer again,
 * byte for byte, marked `Idempotency-Replayed: true`. A replay has the `traceId` of the request that did the work.
 * Handlers read `c.var.execution`. Put it after whatever can refuse a request without looking at the key.
 */
export function idempotent({
  store,
  scope,
  carry = bare,
  docs,
  lease = 30 * SECOND,
  lifetime = DAY,
  resumable = () => false,
}: IdempotencyOptions): MiddlewareHandler<{ Variables: IdempotencyVariables }> {
  const headers: Record<string, string> =
    docs === undefined ? {} : { link: `<${docs}>; rel="describedby"; type="text/html"` };
  return async (c, next) => {
    const key = readKey(c.req.header("idempotency-key"), headers);
    const { pathname, search } = new URL(c.req.url);
    const mark = await fingerprint(c.req.method, pathname + search, await c.req.text());
    const name = await sha256(JSON.stringify([scope(c), `${c.req.method} ${routePath(c)}`, key]));
    const object = store(c).getByName(name);
    const claimId = crypto.randomUUID();
    const claim = { claimId, fingerprint: mark, lease, lifetime };
    const verdict = await object.begin(claim).catch((cause: unknown) => {
      // Nothing was done, but the key may be claimed if only the verdict was lost: the client's next try must not wait
      // for the lease's end. After an error a stub stays broken, so another one is asked.
      c.executionCtx.waitUntil(giveBack(store(c).getByName(name), claimId));
      throw meshError("UNAVAILABLE", undefined, { cause });
    });
    switch (verdict.kind) {
      case "mismatch":
        throw meshError(
          "IDEMPOTENCY_KEY_REUSED",
          "It was sent with another path or body before; use a new key for a new request.",
          { headers },
        );
      case "in-flight":
        throw meshError("IDEMPOTENCY_KEY_IN_FLIGHT", "Ask again with the same key for its answer.", {
          retryAfter: 1,
          headers,
        });
      case "replay":
        carry.give(c, verdict.answer.carried ?? "");
        return replay(verdict.answer);
      case "new":
      case "resumed":
        break;
    }
    const execution = new Execution(verdict);
    c.set("execution", execution);
    const work = next().then(() => settle(c, object, execution, { carry, lifetime, resumable }));
    // The client may go away; its answer must be there when it comes back.
    c.executionCtx.waitUntil(Promise.allSettled([work]));
    return work;
  };
}

async function giveBack(object: KeyObject, claimId: string): Promise<void> {
  try {
    await object.withdraw(claimId);
  } catch (error) {
    log("warn", "idempotency", { claimId, cause: describe(error) });
  }
}

async function settle(
  c: Context,
  object: KeyObject,
  execution: Execution,
  { carry, lifetime, resumable }: Required<Pick<IdempotencyOptions, "carry" | "lifetime" | "resumable">>,
): Promise<void> {
  const { executionId, attempt } = execution;
  const who = { executionId, attempt };
  try {
    switch (execution.outcome(c.res.status, () => resumable(c))) {
      case "not-started":
        return await object.release(who);
      case "resumable":
        return await object.suspend(who);
      case "finished": {
        const answer = await readAnswer(c.res);
        if (answer.body.byteLength > MAX_BODY)
          throw new RangeError(`The answer has ${answer.body.byteLength} bytes.`);
        const earlier = await object.finish(who, { ...answer, carried: carry.take(c) }, lifetime);
        if (!earlier) return;
        carry.give(c, earlier.carried ?? "");
        c.res = replay(earlier);
      }
    }
  } catch (error) {
    // The work is done, so its answer counts. The lease ends by itself; the next request then carries on.
    log("error", "idempotency", { executionId, cause: describe(error) });
  }
}
