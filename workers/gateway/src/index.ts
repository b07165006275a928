import { app } from "./app.ts";
import type { Env } from "./env.ts";
import { forgetChanged } from "./product-cache.ts";

export default { fetch: app.fetch, queue: forgetChanged } satisfies ExportedHandler<Env>;
