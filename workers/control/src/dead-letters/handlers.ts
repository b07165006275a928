import { type Handlers, systemRuntime } from "@weft/mesh";
import type { control } from "../contract.ts";
import { settleMany } from "./bulk.ts";
import type { deadLetterOperations } from "./contract.ts";
import { listDeadLetters } from "./list.ts";
import { desksOf } from "./subscribers.ts";

type DeadLetterHandlers = Pick<Handlers<typeof control, object>, keyof typeof deadLetterOperations>;

export const deadLetterHandlers: DeadLetterHandlers = {
  listDeadLetters: ({ input, scope }) => listDeadLetters(desksOf(scope), input),
  getDeadLetter: async ({ input: { service, id }, scope }) => ({
    ...(await desksOf(scope)(service).deadLetter({ id })),
    service,
  }),
  editDeadLetter: async ({ input: { service, id, body }, scope }) => ({
    ...(await desksOf(scope)(service).editDeadLetter({ id, body })),
    service,
  }),
  replayDeadLetter: async ({ input: { service, id }, scope }) => ({
    ...(await desksOf(scope)(service).replayDeadLetter({ id })),
    service,
  }),
  discardDeadLetter: async ({ input: { service, id, reason }, scope }) => ({
    ...(await desksOf(scope)(service).discardDeadLetter({ id, reason })),
    service,
  }),
  replayDeadLetters: ({ input, scope }) =>
    settleMany(desksOf(scope), (desk, id) => desk.replayDeadLetter({ id }), input, systemRuntime),
  discardDeadLetters: ({ input: { reason, ...order }, scope }) =>
    settleMany(desksOf(scope), (desk, id) => desk.discardDeadLetter({ id, reason }), order, systemRuntime),
};
