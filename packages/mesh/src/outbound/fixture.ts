import * as z from "zod";
import { client } from "../client.ts";
import { type Context, rootContext } from "../context/context.ts";
import { newTrace } from "../context/trace.ts";
import { contract } from "../contract/contract.ts";
import { command, events, query } from "../contract/operation.ts";
import { meshError } from "../error.ts";
import { outbound } from "../outbound.ts";
import { problemResponse } from "../problem.ts";
import type { TimerRuntime } from "../runtime.ts";
import type { Host } from "./call.ts";
import { Callees } from "./callees.ts";
import type { Observation } from "./observation.ts";
import type { Policies } from "./policies.ts";

export const output = z.object({ name: z.string() });
const input = z.object({ id: z.string() });

export const shop = contract("shop", {
  get: query("GET /internal/things/:id", { input, output, allow: [] }),
  look: query("GET /internal/looks/:id", { input, output, circuit: "operation", allow: [] }),
  pay: command("POST /internal/payments", { input, output, priority: "critical", allow: [] }),
  guess: query("GET /internal/guesses/:id", { input, output, priority: "background", allow: [] }),
  watch: events("GET /internal/things/:id/events", { input, allow: [] }),
});

export type Reply = (request: Request) => Response | Promise<Response>;

export const ok: Reply = () => Response.json({ name: "it" });
export const fail =
  (...[code, detail, options]: Parameters<typeof meshError>): Reply =>
  () =>
    problemResponse(meshError(code, detail, options), "t");

/** A promise to be settled by hand. */
export function answerLater() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reply: () => promise.then(() => Response.json({ name: "late" })), resolve };
}

export interface StageOptions extends Partial<Policies> {
  host?: Host;
  /** The timers of hedges and time limits; by default none of them ever ends. */
  after?: TimerRuntime["after"];
  /** The waits between tries; by default the clock jumps over them. */
  sleep?: TimerRuntime["sleep"];
}

/** The whole stack in front of a callee whose replies the test decides on, under a clock that the test moves. */
export function stage({ host, after, sleep, ...policies }: StageOptions = {}) {
  const requests: Request[] = [];
  const observations: Observation[] = [];
  const world = { now: 1_000_000, reply: ok };
  const runtime: TimerRuntime = {
    now: () => world.now,
    random: () => 0.5,
    sleep: sleep ?? (async (ms) => void (world.now += ms)),
    after: after ?? (() => () => {}),
  };
  const callees = new Callees(policies);
  const path = outbound({ runtime, callees, sink: (observation) => observations.push(observation) });
  const transport = {
    fetch: async (request: Request) => {
      requests.push(request);
      return world.reply(request);
    },
  };
  const calls = (context: Partial<Context> = {}) =>
    client(shop, transport, rootContext(newTrace(), context), path, host);
  return {
    world,
    callees,
    requests,
    observations,
    calls,
    /** Ten calls after one another so many times, one of them to pay and nine that browse; how many of each were taken. */
    rush: async (times: number) => {
      const taken = { paying: 0, browsing: 0 };
      const count = (kind: keyof typeof taken, call: Promise<unknown>) =>
        call.then(
          () => void taken[kind]++,
          () => {},
        );
      for (let n = 0; n < times; n++) {
        for (let look = 0; look < 9; look++)
          await count("browsing", calls().guess({ id: "1" }, { off: ["retry"] }));
        await count("paying", calls().pay({ id: "1" }));
      }
      return taken;
    },
    /** Calls one after the other; the codes of how they ended. */
    repeat: async (times: number, reply: Reply, context?: Partial<Context>): Promise<string[]> => {
      world.reply = reply;
      const codes: string[] = [];
      for (let n = 0; n < times; n++)
        codes.push(
          await calls(context)
            .get({ id: "1" }, { off: ["retry"] })
            .then(
              () => "OK",
              (error: { code: string }) => error.code,
            ),
        );
      return codes;
    },
  };
}
