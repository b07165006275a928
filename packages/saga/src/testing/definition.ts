import { command, contract } from "@weft/mesh";
import * as z from "zod";
import type { Doing } from "../builder.ts";
import { saga } from "../definition.ts";
import { BUSINESS_CODE } from "./world.ts";

const Ref = z.object({ ref: z.string() });
const Done = z.object({ step: z.string() });
const allow = ["tests"];
const errors = { [BUSINESS_CODE]: 409 };

/** A service with a pair of operations for every purpose. */
export const things = contract("things", {
  make: command("POST /internal/things", {
    input: Ref,
    output: Done,
    errors,
    timeout: 1_000,
    fenced: "do",
    allow,
  }),
  unmake: command("POST /internal/things/undo", {
    input: Ref,
    output: Done,
    timeout: 1_000,
    fenced: "undo",
    allow,
  }),
  look: command("POST /internal/things/look", { input: Ref, output: Done, allow }),
});
export const others = contract("others", {
  unmake: command("POST /internal/others/undo", { input: Ref, output: Done, fenced: "undo", allow }),
});

const { make, unmake } = things.operations;
const input = ({ sagaId }: Doing<unknown, unknown>) => ({ ref: sagaId });
const undo = { operation: unmake, input, retry: { budget: 600_000 } };

/** Three steps that can be undone, the point of no return, and two behind it. */
export const trip = saga("trip", { version: 1, input: z.object({ to: z.string() }) })
  .compensatable("flight", make, { input, undo })
  .compensatable("hotel", make, { input, undo })
  .compensatable("car", make, { input, undo })
  .pivot("pay", make, { input })
  .retriable("tickets", make, { input })
  .retriable("mail", make, { input });
