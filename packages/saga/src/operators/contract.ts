import { command, query } from "@weft/mesh";
import * as z from "zod";
import { endStates } from "../event.ts";
import { type Refusal, refusals, statusOf } from "../judge.ts";

const time = z.iso.datetime();
const State = z.enum(["RUNNING", "COMPENSATING", ...endStates]);

/** A saga in a list. */
export const SagaRow = z.object({
  id: z.string(),
  definition: z.string(),
  version: z.int(),
  hash: z.string(),
  state: z.string(),
  parked: z.boolean().describe("Some step of it is tried rarely or was given up: somebody should look"),
  startedAt: time,
  updatedAt: time,
  dueAt: time.nullable().describe("When it goes on by itself"),
});

/** A saga with its log. */
export const SagaDetail = z.object({
  id: z.string(),
  definition: z.string(),
  version: z.int(),
  hash: z.string(),
  state: z.string(),
  startedAt: time,
  updatedAt: time,
  dueAt: time.nullable(),
  parked: z.array(z.string()),
  undone: z.array(z.string()),
  failure: z.looseObject({ code: z.string(), step: z.string() }).nullable(),
  results: z.record(z.string(), z.unknown()),
  timeline: z.array(
    z.object({
      step: z.string(),
      phase: z.string(),
      attempt: z.int(),
      from: time,
      to: time.nullable(),
      outcome: z.string().describe("done, what kind of failure, open, or discarded"),
    }),
  ),
  log: z.array(z.looseObject({ at: time, type: z.string() })),
});

const step = z.string().min(1).describe("The step's key as the log shows it");
const Order = z.discriminatedUnion("verb", [
  z.object({ verb: z.literal("retry"), step: step.optional() }),
  z.object({ verb: z.literal("skip"), step, output: z.unknown() }),
  z.object({ verb: z.literal("fail") }),
  z.object({ verb: z.literal("cancel") }),
  z.object({ verb: z.literal("complete") }),
  z.object({ verb: z.literal("compensated"), step }),
  z.object({ verb: z.literal("kill") }),
  z.object({ verb: z.literal("migrate"), version: z.int().min(1) }),
]);

const unknown = { SAGA_UNKNOWN: statusOf("SAGA_UNKNOWN") };
const errors = Object.fromEntries(Object.keys(refusals).map((code) => [code, statusOf(code as Refusal)]));

/** What operators do with a service's sagas; `allow`: the Workers that ask in their name. */
export const sagaOperations = (allow: readonly string[]) => ({
  listSagas: query("GET /internal/sagas", {
    summary: "Sagas, newest first",
    input: z.object({
      state: State.optional(),
      definition: z.string().optional(),
      parked: z.boolean().optional(),
      olderThan: z.int().min(0).optional().describe("Started at least so many seconds ago"),
      limit: z.int().min(1).max(100).default(20),
      cursor: z.string().optional(),
    }),
    output: z.object({ items: z.array(SagaRow), nextCursor: z.string().nullable() }),
    auth: "operator",
    allow,
  }),
  getSaga: query("GET /internal/sagas/:id", {
    summary: "A saga with its log and its timeline",
    input: z.object({ id: z.string() }),
    output: SagaDetail,
    errors: unknown,
    auth: "operator",
    allow,
  }),
  orderSaga: command("POST /internal/sagas/:id/orders", {
    summary:
      "Retry, skip, fail, complete, mark compensated, cancel, kill or migrate a saga; once per requestId",
    input: z.object({
      id: z.string(),
      requestId: z.string().min(1).max(200),
      reason: z.string().min(1).max(500),
      order: Order,
    }),
    output: z.object({ id: z.string(), state: z.string(), parked: z.array(z.string()) }),
    errors,
    idempotent: true,
    auth: "operator",
    allow,
  }),
  signalSaga: command("POST /internal/sagas/:id/signals/:step", {
    summary: "Bring a wait of a saga what it waits for, in the service's place; once per requestId",
    input: z.object({
      id: z.string(),
      step,
      requestId: z.string().min(1).max(200),
      reason: z.string().min(1).max(500),
      payload: z.unknown().describe("What the wait takes"),
    }),
    output: z.object({
      id: z.string(),
      step: z.string(),
      heard: z
        .enum(["accepted", "known", "late"])
        .describe(
          "known: it came before; late: the wait is over or has its signal, so nobody hears this one",
        ),
    }),
    errors,
    idempotent: true,
    auth: "operator",
    allow,
  }),
  sagaNeeds: query("GET /internal/saga-needs", {
    summary: "Which definitions live sagas still need: what a deployment must keep",
    output: z.object({
      items: z.array(
        z.object({ definition: z.string(), version: z.int(), hash: z.string(), sagas: z.int() }),
      ),
    }),
    auth: "operator",
    allow,
  }),
});
