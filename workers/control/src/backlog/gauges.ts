import type { Backlogs } from "./backlog.ts";
import { KEEPERS } from "./contract.ts";
import type { Gauge, Sample } from "./prometheus.ts";

/** A value that is not known, or the age of nothing, is no sample. */
function sample(labels: Sample["labels"], value: number | null): Sample[] {
  return value === null ? [] : [{ labels, value }];
}

/** What waits in the mesh, as gauges. */
export function backlogGauges({ items, degraded }: Backlogs): Gauge[] {
  const down = new Set<string>(degraded);
  return [
    {
      name: "weft_backlog_known",
      help: "Whether the service tells what waits in it: 1 or 0",
      samples: KEEPERS.flatMap((service) => sample({ service }, down.has(service) ? 0 : 1)),
    },
    {
      name: "weft_subscription_lag_events",
      help: "Events of a publisher that a subscriber has not applied yet",
      samples: items.flatMap(({ service, subscriptions }) =>
        subscriptions.flatMap(({ source, lag }) => sample({ service, source }, lag)),
      ),
    },
    {
      name: "weft_subscription_oldest_event_age_seconds",
      help: "Age of the oldest event that a subscriber has not applied yet",
      samples: items.flatMap(({ service, subscriptions }) =>
        subscriptions.flatMap(({ source, age }) => sample({ service, source }, age)),
      ),
    },
    {
      name: "weft_projection_lag_events",
      help: "Events of a publisher that a projection has not applied yet",
      samples: items.flatMap(({ service, projections }) =>
        projections.flatMap(({ name, source, lag }) => sample({ service, projection: name, source }, lag)),
      ),
    },
    {
      name: "weft_dead_letters",
      help: "Messages that could not be applied: still tried (failing), or waiting for an operator (dead)",
      samples: items.flatMap(({ service, letters }) =>
        letters.flatMap(({ source, status, count }) => sample({ service, source, status }, count)),
      ),
    },
    {
      name: "weft_waiting",
      help: "Events that a queue has not taken, commands not handed over, tasks that are due",
      samples: items.flatMap(({ service, waiting }) =>
        waiting.flatMap(({ what, count }) => sample({ service, what }, count)),
      ),
    },
    {
      name: "weft_waiting_oldest_age_seconds",
      help: "Age of the oldest of what waits",
      samples: items.flatMap(({ service, waiting }) =>
        waiting.flatMap(({ what, age }) => sample({ service, what }, age)),
      ),
    },
  ];
}
