import { invoke, type Operation, type OutboundNext, type Priority, type Respond, toReply } from "@weft/mesh";
import type { Context, Hono, MiddlewareHandler } from "hono";
import type * as z from "zod";
import { authorize } from "../auth/authenticate.ts";
import { contextOf, hostOf } from "../request/trace-request.ts";
import type { GatewayEnv } from "../variables.ts";
import { decodeInput } from "./decode-input.ts";
import { toResponse } from "./reply.ts";
import { transportTo } from "./transport.ts";

/** What every route of a gateway shares. */
export interface Equipment {
  authenticate: MiddlewareHandler;
  limit: MiddlewareHandler;
  /** Takes requests of the given priority in, or refuses them while there is no room. */
  admit?: (priority: Priority) => MiddlewareHandler;
  /** Runs keyed operations once per Idempotency-Key. */
  once: MiddlewareHandler;
  /** What a request's Idempotency-Key stands for: services do its work once. */
  executionOf: (c: Context) => string | undefined;
  /** The stack that calls into the mesh go through. */
  outbound: OutboundNext;
}

export interface RouteOptions {
  /** Where the operation is found from outside, if not at its contract's path. */
  path?: string;
  /** Middleware of this route alone; runs after the client is known and limited. */
  use?: MiddlewareHandler[];
}

export type Compose<E extends GatewayEnv, O extends Operation> = (
  input: z.output<O["input"]>,
  c: Context<E>,
) => Promise<z.input<O["output"]> | Respond<z.input<O["output"]>>>;

/** The chain of a public operation, in reading order. */
function chain(operation: Operation, equipment: Equipment, { use = [] }: RouteOptions): MiddlewareHandler[] {
  return [
    // Before any work: a refusal must cost next to nothing.
    ...(equipment.admit ? [equipment.admit(operation.priority)] : []),
    // Public answers are for everybody: whoever asks for one is not looked at, and pays by address.
    ...(operation.auth === "none" ? [] : [equipment.authenticate]),
    // Before refusing anybody: guessing tokens is limited as well.
    equipment.limit,
    authorize(operation),
    ...use,
    // Before a key is claimed: a request that cannot work must not use it up.
    decodeInput(operation),
    ...(operation.keyed === "required" ? [equipment.once] : []),
    ...(operation.keyed === "optional" ? [ifKeyed(equipment.once)] : []),
  ];
}

/** Without a key the request runs as often as it is sent. */
function ifKeyed(once: MiddlewareHandler): MiddlewareHandler {
  return (c, next) => (c.req.header("idempotency-key") === undefined ? next() : once(c, next));
}

/** Mounts public operations on an app: those that a service answers, and those that the gateway composes itself. */
export function routes<E extends GatewayEnv>(app: Hono<E>, equipment: Equipment) {
  function mount(
    operation: Operation,
    options: RouteOptions,
    respond: (c: Context<E>) => Promise<Response>,
  ): void {
    const handlers = [...chain(operation, equipment, options), respond] as MiddlewareHandler<E>[];
    app.on(operation.method, [operation.path], ...handlers);
  }
  const at = (operation: Operation, { path = operation.path }: RouteOptions): Operation => ({
    ...operation,
    path,
  });

  /** Passes the operation on to its service. */
  const forward = (operation: Operation, options: RouteOptions = {}): void =>
    mount(at(operation, options), options, async (c) => {
      const transport = transportTo(operation.service, c.env);
      const context = contextOf(c, { lasting: operation.keyed !== undefined });
      const answer = await invoke(
        operation,
        c.var.input,
        transport,
        context,
        { parsed: true, idempotencyKey: equipment.executionOf(c) },
        equipment.outbound,
        hostOf(c),
      );
      return toResponse(operation, { ...answer, headers: Object.fromEntries(answer.headers) });
    });

  /** Answers the operation here, from what services say. */
  const compose = <O extends Operation>(
    operation: O,
    answer: Compose<E, O>,
    options: RouteOptions = {},
  ): void =>
    mount(at(operation, options), options, async (c) =>
      toResponse(operation, toReply(operation, await answer(c.var.input as z.output<O["input"]>, c))),
    );

  return { forward, compose };
}
