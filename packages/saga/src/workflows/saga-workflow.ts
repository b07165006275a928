import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { Consistency, type Runtime, systemRuntime } from "@weft/mesh";
import type { SagaDefinition } from "../definition.ts";
import { findIn } from "../find-definition.ts";
import { type ParticipantOptions, participants } from "../participants.ts";
import { SagaIndex } from "../saga-index.ts";
import type { Inspection } from "../saga-object.ts";
import type { Head } from "../store.ts";
import { Interpretation } from "./interpretation.ts";
import type { Steps } from "./steps.ts";

export interface WorkflowOptions<Env> extends ParticipantOptions<Env> {
  /** Every definition, and every version of it, that may still have live sagas. */
  definitions: readonly SagaDefinition[];
  /** The D1 that holds the saga index; by default the binding `DB`. */
  index?: (env: Env) => D1Database;
  runtime?: Runtime;
}

/** What an instance is created with. */
export type Params = Omit<Head, "startedAt">;

/** A Workflow whose instances each run one saga. Export a subclass of it from the Worker's main module. */
export function sagaWorkflow<Env extends { DB: D1Database }>(options: WorkflowOptions<Env>) {
  const definition = findIn(options.definitions);
  const { runtime = systemRuntime, index: indexOf = ({ DB }: Env) => DB } = options;

  return class SagaWorkflow extends WorkflowEntrypoint<Env, Params> {
    override run(event: Readonly<WorkflowEvent<Params>>, step: WorkflowStep): Promise<Inspection> {
      const { env, ctx } = this;
      const index = new SagaIndex(indexOf(env));
      const place = { env, waitUntil: (work: Promise<unknown>) => ctx.waitUntil(work) };
      const saga = new Interpretation(
        { ...event.payload, startedAt: event.timestamp.getTime() },
        {
          step: step as Steps,
          runtime,
          definition,
          call: participants(options, { ...place, consistency: new Consistency() }),
          publish: (snapshot) => index.publishWhole(snapshot),
        },
      );
      return saga.run();
    }
  };
}
