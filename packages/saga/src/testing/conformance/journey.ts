import * as z from "zod";
import type { Doing } from "../../builder.ts";
import { saga } from "../../definition.ts";
import { things } from "../definition.ts";

const { make, unmake } = things.operations;
const input = ({ sagaId }: Doing<unknown, unknown>) => ({ ref: sagaId });
/** Given up soon: the suite also runs on real clocks. */
const retry = { timeout: 1_000, attempts: 2, budget: null, base: 1, cap: 1 };
const step = { input, retry, undo: { operation: unmake, input, retry } };

/** Two steps that can be undone, a signal, another one, the point of no return, and a step behind it. */
export const journey = saga("journey", { version: 1, input: z.object({ to: z.string() }) })
  .compensatable("a", make, step)
  .compensatable("b", make, step)
  .waitFor("approved", { signal: z.object({ by: z.string() }), timeout: 4_000, onTimeout: "compensate" })
  .compensatable("c", make, step)
  .pivot("pay", make, { input, retry })
  .retriable("mail", make, { input, retry });
