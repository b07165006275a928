import { command, contract } from "@weft/mesh";
import { saga } from "@weft/saga";
import * as z from "zod";

const Ref = z.object({ id: z.string() });
const allow = ["bench"];

const things = contract("things", {
  make: command("POST /internal/things", { input: Ref, output: Ref, fenced: "do", allow }),
  unmake: command("POST /internal/things/undo", { input: Ref, output: Ref, fenced: "undo", allow }),
});
const { make, unmake } = things.operations;
const input = ({ sagaId }: { sagaId: string }) => ({ id: sagaId });
const back = { input, undo: { operation: unmake, input } };

/** Four steps, each a call to another Worker: as long as a shop's order. */
export const fourSteps = saga("four-steps", { version: 1, input: Ref })
  .compensatable("create", make, back)
  .compensatable("reserve", make, back)
  .pivot("capture", make, { input })
  .retriable("confirm", make, { input });
