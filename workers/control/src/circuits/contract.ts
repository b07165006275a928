import { command, query, REGIONS } from "@weft/mesh";
import * as z from "zod";

const State = z.enum(["closed", "open", "half-open", "ramp"]);
const time = z.iso.datetime();

/** Longest time that an operator's order may hold, ms: nobody remembers the ones from last week. */
const LONGEST_ORDER = 24 * 60 * 60_000;

const isAhead = (ms: number) => ms > 0 && ms <= LONGEST_ORDER;

const Order = z.object({ state: z.enum(["open", "closed"]), until: time, reason: z.string() });

export const Circuit = z
  .object({
    region: z.string(),
    callee: z.string().describe("A service, or one operation of it"),
    state: State,
    reason: z.string(),
    retries: z.enum(["on", "off"]),
    since: time.nullable(),
    override: Order.optional(),
    transitions: z.array(
      z.object({
        at: time,
        from: State,
        to: State,
        reason: z.string(),
        counts: z.record(z.string(), z.number()),
      }),
    ),
    isolates: z
      .array(
        z.object({
          reporter: z.string(),
          service: z.string(),
          state: State,
          reason: z.string(),
          by: z.enum(["local", "region", "operator"]),
          awaited: z
            .int()
            .describe(
              "Calls that have waited for the region's Durable Object: none while the callee is well",
            ),
          at: time,
        }),
      )
      .describe("What the isolates that reported within the last minute see for themselves"),
  })
  .describe("A region's verdict about one callee");

const Circuits = z.object({ items: z.array(Circuit) });

const OrderInput = z
  .object({
    callee: z.string().min(1),
    region: z.enum(REGIONS).optional(),
    state: z.enum(["open", "closed", "clear"]),
    until: time.optional(),
    reason: z.string().min(1).max(200),
  })
  .refine(({ state, until }) => state === "clear" || until !== undefined, {
    path: ["until"],
    message: "An order ends by itself: say when",
  })
  .refine(({ until }) => until === undefined || isAhead(Date.parse(until) - Date.now()), {
    path: ["until"],
    message: "A time within the next 24 hours",
  });

export const circuits = query("GET /internal/circuits", {
  summary: "Every circuit with its state, its reason and its last transitions",
  output: Circuits,
  auth: "operator",
  allow: ["gateway"],
});

export const overrideCircuit = command("PUT /internal/circuits/:callee", {
  summary: "Hold a callee's circuits open or closed until a given time, or let them go",
  input: OrderInput,
  output: Circuits,
  errors: { CALLEE_NOT_FOUND: 404 },
  idempotent: true,
  auth: "operator",
  allow: ["gateway"],
});
