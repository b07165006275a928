import { fieldErrors, meshError } from "@weft/mesh";
import type * as z from "zod";
import type { SagaDefinition } from "./definition.ts";
import { pathOf } from "./key.ts";
import type { Order } from "./order.ts";

/** An order as it is written down: a substitute output is what the step's operation could have answered. Throws VALIDATION_FAILED. */
export function acceptOrder(definition: SagaDefinition | undefined, order: Order): Order {
  if (order.verb !== "skip") return order;
  const action = definition?.action(pathOf(order.step), "do");
  // The definition is here, and has no call of this name: what there is to say about that, `judge` says.
  if (definition && !action) return order;
  const output = action?.operation.output;
  return {
    ...order,
    output: parse(output, order.output, `The output is not what step "${order.step}" answers`),
  };
}

/** What a signal carries, as its wait wants it. Throws VALIDATION_FAILED. */
export function acceptSignal(definition: SagaDefinition | undefined, key: string, payload: unknown): unknown {
  const schema = definition?.code(pathOf(key))?.signal;
  return parse(schema, payload, `The signal is not what "${key}" waits for`);
}

function parse(schema: z.ZodType | undefined, value: unknown, problem: string): unknown {
  if (!schema) throw meshError("UNAVAILABLE", "The saga's code is not deployed, so this cannot be checked.");
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw meshError("VALIDATION_FAILED", problem, { errors: fieldErrors(parsed.error) });
}
