import type { Measured } from "../bench.ts";
import { pure } from "./callpath/pure.ts";
import { inRuntime } from "./callpath/runtime.ts";

/** What the call path costs: in the runtime against a bare `fetch`, and in pure JavaScript against other libraries. */
export default async function callpath(): Promise<Measured[]> {
  return [...(await pure()), ...(await inRuntime())];
}
