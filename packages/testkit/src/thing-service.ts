import { service } from "@weft/mesh";
import { shop } from "./thing-contract.ts";

/** Answers as thing-worker does, behind the whole way in. For benchmarks. */
export default service(shop, { use: [], handlers: { get: async ({ input }) => ({ id: input.id }) } });
