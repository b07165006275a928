import { Hono } from "hono";
import type * as z from "zod";
import { type Context, rootContext } from "./context/context.ts";
import { header, readContext } from "./context/headers.ts";
import { newTrace, parseTraceparent } from "./context/trace.ts";
import type { Contract } from "./contract/contract.ts";
import type { Operation } from "./contract/operation.ts";
import { meshError, toMeshError } from "./error.ts";
import { healthOf, runChecks } from "./health.ts";
import { inbound } from "./inbound.ts";
import { problemResponse } from "./problem.ts";
import type { Respond } from "./reply.ts";
import { Bulkhead } from "./resilience/bulkhead.ts";
import { type Runtime, systemRuntime } from "./runtime.ts";
import { versionOf } from "./version.ts";
import type { MountedOperation, Plugin, ResourcesOf, Scope, Work } from "./scope.ts";

/** What a handler gets: the validated input, the call's surroundings, and what the service's plugins provide. */
export type HandlerContext<O extends Operation, R> = R & {
  readonly input: z.output<O["input"]>;
  readonly scope: Scope;
  readonly context: Context;
  readonly caller: string;
  readonly waitUntil: (work: Promise<unknown>) => void;
};

export type Handler<O extends Operation, R> = (
  context: HandlerContext<O, R>,
) => Promise<z.input<O["output"]> | Respond<z.input<O["output"]>>>;

export type Handlers<C extends Contract, R> = {
  readonly [K in keyof C["operations"]]: Handler<C["operations"][K], R>;
};

export interface ServiceDefinition<C extends Contract, P extends readonly Plugin[]> {
  /** The service's equipment; layers of earlier plugins are outside those of later ones. */
  use: P;
  handlers: Handlers<C, ResourcesOf<P>>;
  /** Most calls at a time in one isolate, default 100; see BULKHEAD for how the classes share them. */
  concurrency?: number;
}

function waitUntilOf(ctx: Pick<ExecutionContext, "waitUntil">): Scope["waitUntil"] {
  return (work) => ctx.waitUntil(work);
}

function traceIdOf(request: Request): string {
  return (parseTraceparent(request.headers.get(header.traceparent)) ?? newTrace()).traceId;
}

/**
 * A Worker from a contract, its handlers and its plugins: the mounted routes with the whole inbound path around them.
 * The caller's name comes from `ctx.props.caller` of its service binding; without one every call is refused.
 */
export function service<C extends Contract, const P extends readonly Plugin[]>(
  contract: C,
  { use, handlers, concurrency }: ServiceDefinition<C, P>,
  runtime: Runtime = systemRuntime,
): ExportedHandler<never> {
  const plugins: readonly Plugin[] = use;
  const bulkhead = new Bulkhead(concurrency === undefined ? {} : { limit: concurrency });
  const resourcesOf = (scope: Scope): Record<string, unknown> =>
    Object.assign(
      {},
      ...plugins.map((plugin) => plugin.resources?.(scope, workOf(scope.env, scope.waitUntil))),
    );

  const workOf = (env: unknown, waitUntil: Scope["waitUntil"]): Work => ({
    // Nobody waits for an event or a cron run.
    open(context = rootContext(newTrace(), { priority: "background" })) {
      const scope: Scope = { service: contract.name, env, context, caller: contract.name, waitUntil };
      return {
        scope,
        operation: undefined,
        request: undefined,
        params: {},
        input: undefined,
        resources: resourcesOf(scope),
      };
    },
  });

  // Several plugins may need the same one, such as what operators do about dead letters.
  const brought = new Map(
    plugins
      .flatMap(({ operations = [] }) =>
        typeof operations === "function" ? operations(contract.name) : operations,
      )
      .map((mounted) => [mounted.operation.id, mounted]),
  );
  const operations: MountedOperation[] = [
    ...Object.entries(contract.operations).map(([name, operation]) => ({
      operation,
      handler: handlers[name] as MountedOperation["handler"],
    })),
    ...brought.values(),
    {
      operation: healthOf(contract.name),
      handler: ({ scope }: { scope: Scope }) =>
        runChecks(Object.assign({}, ...plugins.map((plugin) => plugin.checks?.(scope))), runtime.now),
    },
  ];
  const layers = plugins.flatMap((plugin) => plugin.layer ?? []);

  const app = new Hono<{ Bindings: never }>();
  for (const mounted of operations) {
    const { operation } = mounted;
    const run = inbound(mounted, layers, bulkhead, runtime);
    app.on(operation.method, operation.path, (c) => {
      const props = c.executionCtx.props as { caller?: string } | undefined;
      const scope: Scope = {
        service: contract.name,
        env: c.env,
        // What a stranger's headers claim is not even looked at.
        context: props?.caller ? readContext(c.req.raw, runtime.now()) : rootContext(newTrace()),
        operation,
        caller: props?.caller ?? "nobody",
        waitUntil: waitUntilOf(c.executionCtx),
      };
      const params = c.req.param() as Record<string, string>;
      return run({
        scope,
        operation,
        request: c.req.raw,
        params,
        input: undefined,
        resources: resourcesOf(scope),
      });
    });
  }
  app.onError((error, c) => problemResponse(toMeshError(error), traceIdOf(c.req.raw)));
  app.notFound((c) => problemResponse(meshError("NOT_FOUND"), traceIdOf(c.req.raw)));

  return {
    async fetch(request, env, ctx) {
      const answering = Promise.resolve(app.fetch(request, env, ctx));
      // A caller that goes away would end the invocation where it stands, and what it holds in this isolate, such as its
      // room here and towards those it calls, would be gone for good. It ends early by its signal instead.
      ctx.waitUntil(answering);
      const response = await answering;
      const version = versionOf(env);
      // On refusals and failures, too: a version is judged by them.
      if (version !== undefined) response.headers.set(header.version, version);
      return response;
    },
    async queue(batch, env, ctx) {
      for (const plugin of plugins) await plugin.queue?.(batch, workOf(env, waitUntilOf(ctx)));
    },
    async scheduled(controller, env, ctx) {
      for (const plugin of plugins) await plugin.scheduled?.(controller, workOf(env, waitUntilOf(ctx)));
    },
  };
}
