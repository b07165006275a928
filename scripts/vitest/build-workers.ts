import { buildAll } from "../lib/build.ts";

/** Vitest's global set-up for tests over the whole mesh. */
export default buildAll;
