import * as z from "zod";
import type { Doing } from "../src/builder.ts";
import { saga } from "../src/definition.ts";
import { things } from "../src/testing/definition.ts";

const { make, unmake } = things.operations;
const input = ({ sagaId }: Doing<unknown, unknown>) => ({ ref: sagaId });
const undo = { operation: unmake, input, retry: { budget: 60_000 } };
const back = { input, undo };
const signal = z.object({ by: z.string() });

const payment = saga("payment", { version: 3, input: z.object({ amount: z.int() }) })
  .compensatable("hold", make, back)
  .delay("settle", 20_000)
  .compensatable("check", make, back);

/** Every kind of node there is. */
const every = (version: number) =>
  saga("every", { version, input: z.object({ to: z.string() }) })
    .compensatable("first", make, back)
    .parallel("both", {
      left: (branch) => branch.compensatable("l1", make, back).compensatable("l2", make, back),
      right: (branch) => branch.compensatable("r1", make, back),
    })
    .choice("by", ({ input: { to } }) => (to === "Rome" ? "plane" : "train"), {
      plane: (branch) => branch.compensatable("fly", make, back),
      train: (branch) => branch.delay("change", 1_000).compensatable("ride", make, back),
    })
    .map(
      "parcels",
      () => ["a", "b", "c"],
      { max: 5, concurrency: 2 },
      (each) => each.compensatable("pack", make, back),
    )
    .subSaga("payment", payment, { input: () => ({ amount: 7 }) })
    .waitFor("approved", { signal, timeout: 120_000, onTimeout: "compensate" })
    .pivot("pay", make, { input })
    .map(
      "letters",
      () => [1, 2],
      { max: 2, concurrency: 1 },
      (each) => each.retriable("write", make, { input }),
    )
    .waitFor("praise", { signal, timeout: 60_000, onTimeout: "continue" })
    .retriable("mail", make, { input });

export const everyNode = every(1);
/** One step more at its end. */
export const everyNode2 = every(2).retriable("added", make, { input });
