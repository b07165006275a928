import type { Observed } from "./subject.ts";

/** How Workflows may differ from Durable Objects, by scenario and what is seen. Everything else must be equal. */
export const differences: Record<string, { readonly sees: Partial<Observed>; readonly why: string }> = {
  "cancel: behind the pivot": {
    sees: { heard: ["ok", "ok"] },
    why: "A Workflow cannot be asked: orders are messages to it, judged when they arrive, and the refusal is logged.",
  },
};
