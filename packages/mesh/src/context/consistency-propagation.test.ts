import { expect, it } from "vitest";
import * as z from "zod";
import { calls } from "../bindings.ts";
import { client } from "../client.ts";
import { contract } from "../contract/contract.ts";
import { command } from "../contract/operation.ts";
import { meshError } from "../error.ts";
import { service } from "../service.ts";
import { Consistency } from "./consistency.ts";
import { rootContext } from "./context.ts";
import { newTrace } from "./trace.ts";

const output = z.object({ seen: z.string() });
const draft = (allow: string) => command("POST /internal/work", { output, allow: [allow] });
const left = contract("left", { work: draft("middle") });
const right = contract("right", { work: draft("middle") });
const middle = contract("middle", { work: draft("gateway") });

type Fetch = (request: Request, env: object, ctx: object) => Promise<Response>;
const boundTo = (worker: ExportedHandler<never>, caller: string, env: object = {}) => ({
  fetch: (request: Request) =>
    (worker.fetch as unknown as Fetch)(request, env, {
      props: { caller },
      waitUntil() {},
      passThroughOnException() {},
    }),
});

const leftWorker = service(left, {
  use: [],
  handlers: {
    work: async ({ context }) => {
      const seen = context.consistency?.text ?? "";
      context.consistency?.wrote("left", 5);
      return { seen };
    },
  },
});
const rightWorker = service(right, {
  use: [],
  handlers: {
    work: async ({ context }) => {
      const seen = context.consistency?.text;
      context.consistency?.wrote("right", 6);
      throw meshError("CONFLICT", seen);
    },
  },
});
const middleWorker = service(middle, {
  use: [calls({ left, right })],
  handlers: {
    work: async ({ mesh, context }) => {
      const { seen } = await mesh.left.work({});
      const refusal = await mesh.right.work({}).then(
        ({ seen: done }) => done,
        (error: { detail?: string }) => error.detail,
      );
      context.consistency?.wrote("middle", 7);
      return { seen: `${seen} ${refusal ?? ""}` };
    },
  },
});

it("what a call has written goes up to who asked, down with the next call, and comes back with refusals, too", async () => {
  const consistency = Consistency.parse("users@1");
  const gateway = client(
    middle,
    boundTo(middleWorker, "gateway", {
      LEFT: boundTo(leftWorker, "middle"),
      RIGHT: boundTo(rightWorker, "middle"),
    }),
    rootContext(newTrace(), { consistency }),
  );
  expect((await gateway.work({})).seen).toBe("users@1 users@1,left@5");
  expect(consistency.news).toBe("left@5,right@6,middle@7");
});
