import { contract, query } from "@weft/mesh";
import * as z from "zod";

const thing = z.object({ id: z.string() });

/** What benchmarks call: as little as a service can do. */
export const shop = contract("shop", {
  get: query("GET /internal/things/:id", { input: thing, output: thing, allow: ["bench"] }),
});
