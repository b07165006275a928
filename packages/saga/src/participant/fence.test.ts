import { database } from "@weft/events";
import { bindings, command, contract, MeshError, meshError, service } from "@weft/mesh";
import { d1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { fence } from "./fence.ts";
import { sagaFence } from "./schema.ts";

const Nothing = z.object({});
const Made = z.object({ attempt: z.int() });
const things = contract("things", {
  make: command("POST /internal/things", {
    input: Nothing,
    output: Made,
    errors: { NO_WAY: 409 },
    fenced: "do",
    allow: ["checkout"],
  }),
  unmake: command("POST /internal/things/undo", {
    input: Nothing,
    output: Made.partial(),
    fenced: "undo",
    allow: ["checkout"],
  }),
});

/** Without a key: a double effect would be seen. */
const effects = sqliteTable("effects", { n: integer("n").primaryKey(), effect: text("effect").notNull() });
const schema = { sagaFence, effects };

interface Env {
  DB: D1Database;
  /** Runs in an attempt's handler: before it reads (`do 1`), which is after the fence has, or before it ends (`end 1`). */
  before: Partial<Record<string, () => unknown>>;
  /** Error of a handler that finds the effect there already. */
  second: () => Error;
}

const worker = service(things, {
  use: [bindings<Env>(), database({ schema }), fence()],
  handlers: {
    make: async ({ context, db, tx, env }) => {
      const attempt = context.saga?.attempt ?? 0;
      await env.before[`do ${attempt}`]?.();
      if ((await db.$count(effects)) > 0) throw env.second();
      tx.reject("only_one", noWay);
      tx.add(db.insert(effects).values({ effect: `do ${attempt}` }));
      await env.before[`end ${attempt}`]?.();
      return { attempt };
    },
    unmake: async ({ context, db, tx, env, fence: { done } }) => {
      const attempt = context.saga?.attempt ?? 0;
      await env.before[`undo ${attempt}`]?.();
      if ((await db.$count(effects)) > 1) throw env.second();
      tx.add(db.insert(effects).values({ effect: `undo of ${JSON.stringify(done)}` }));
      return { attempt };
    },
  },
});

const noWay = () => new MeshError("NO_WAY", { status: 409, title: "No", detail: "Not today." });
const refuse = () => {
  throw noWay();
};

function open() {
  const DB = d1("migrations/payments");
  const env: Env = { DB, before: {}, second: noWay };
  const client = serve(worker, env).client(things, { caller: "checkout" });
  const step = (attempt: number) => ({ saga: { sagaId: "saga-1", step: "make", attempt } });
  return {
    DB,
    env,
    make: (attempt = 1) => client.make({}, step(attempt)),
    unmake: (attempt = 1) => client.unmake({}, step(attempt)),
    async effects() {
      const { results } = await DB.prepare("SELECT effect FROM effects ORDER BY n").all<{ effect: string }>();
      return results.map(({ effect }) => effect);
    },
    /** Keeps the handler of this attempt, which has read an empty fence, waiting until `go`. */
    hold(name: string) {
      const entered = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      env.before[name] = () => {
        env.before[name] = undefined;
        entered.resolve();
        return gate.promise;
      };
      return { entered: entered.promise, go: () => gate.resolve() };
    },
  };
}

const business = expect.objectContaining({ code: "NO_WAY", status: 409, detail: "Not today." }) as Error;
const fenced = expect.objectContaining({ code: "FENCED" }) as Error;

let participant: ReturnType<typeof open>;
beforeEach(async () => {
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockReturnValue();
  participant = open();
  await participant.DB.exec("CREATE TABLE effects (n INTEGER PRIMARY KEY, effect TEXT NOT NULL)");
});

describe("the truth table", () => {
  it("do, do: one effect, the same answer", async () => {
    expect(await participant.make(1)).toEqual({ attempt: 1 });
    expect(await participant.make(2)).toEqual({ attempt: 1 });
    expect(await participant.effects()).toEqual(["do 1"]);
  });

  it("do, undo, undo, do: taken back once, by what the do had answered; then fenced", async () => {
    await participant.make();
    expect(await participant.unmake(1)).toEqual({ attempt: 1 });
    expect(await participant.unmake(2)).toEqual({ attempt: 1 });
    await expect(participant.make(2)).rejects.toEqual(fenced);
    expect(await participant.effects()).toEqual(["do 1", 'undo of {"attempt":1}']);
  });

  it("undo, do: neither has an effect", async () => {
    expect(await participant.unmake()).toEqual({});
    await expect(participant.make()).rejects.toEqual(fenced);
    expect(await participant.effects()).toEqual([]);
  });

  it("refused do, older or equal do: the same refusal, and the handler does not run", async () => {
    participant.env.before["do 2"] = refuse;
    await expect(participant.make(2)).rejects.toEqual(business);
    participant.env.before = {};
    await expect(participant.make(1)).rejects.toEqual(business);
    await expect(participant.make(2)).rejects.toEqual(business);
    expect(await participant.effects()).toEqual([]);
  });

  it("refused do, newer do: a step that is not given up gets its chance", async () => {
    participant.env.before["do 1"] = refuse;
    participant.env.before["do 2"] = refuse;
    for (const attempt of [1, 2]) await expect(participant.make(attempt)).rejects.toEqual(business);
    expect(await participant.make(3)).toEqual({ attempt: 3 });
    expect(await participant.make(1)).toEqual({ attempt: 3 });
    expect(await participant.effects()).toEqual(["do 3"]);
  });

  it("refused do, undo, do: nothing to take back, then fenced", async () => {
    participant.env.before["do 1"] = refuse;
    await expect(participant.make(1)).rejects.toEqual(business);
    expect(await participant.unmake()).toEqual({});
    await expect(participant.make(2)).rejects.toEqual(fenced);
    expect(await participant.effects()).toEqual([]);
  });

  it("what does not say what became of the step is not kept", async () => {
    for (const error of [meshError("UNAVAILABLE"), meshError("CONFLICT"), new TypeError("bug")]) {
      participant.env.before["do 1"] = () => {
        throw error;
      };
      await expect(participant.make(1)).rejects.toThrow();
    }
    participant.env.before = {};
    expect(await participant.make(1)).toEqual({ attempt: 1 });
  });
});

describe("an attempt that runs beside one that takes effect", () => {
  it.each([
    ["a business error", noWay],
    ["any other refusal", () => meshError("CONFLICT")],
  ])(
    "does not answer with %s, which would be compensated, but with the effect's own answer",
    async (_, second) => {
      participant.env.second = second;
      const slow = participant.hold("do 2");
      const late = participant.make(2);
      await slow.entered;
      expect(await participant.make(1)).toEqual({ attempt: 1 });
      slow.go();
      expect(await late).toEqual({ attempt: 1 });
      expect(await participant.effects()).toEqual(["do 1"]);
    },
  );

  it("nor with what its commit was refused for", async () => {
    await participant.DB.exec("CREATE UNIQUE INDEX only_one ON effects (substr(effect, 1, 2))");
    const slow = participant.hold("end 2");
    const late = participant.make(2);
    await slow.entered;
    expect(await participant.make(1)).toEqual({ attempt: 1 });
    slow.go();
    expect(await late).toEqual({ attempt: 1 });
  });

  it("nor does a second undo", async () => {
    participant.env.second = () => meshError("CONFLICT");
    await participant.make();
    const slow = participant.hold("undo 2");
    const late = participant.unmake(2);
    await slow.entered;
    await participant.unmake(1);
    slow.go();
    expect(await late).toEqual({ attempt: 1 });
    expect(await participant.effects()).toHaveLength(2);
  });
});

describe("a business error is true for ever", () => {
  it("also for an older attempt that had begun before it", async () => {
    const slow = participant.hold("do 1");
    const late = participant.make(1);
    await slow.entered;
    participant.env.before["do 2"] = refuse;
    await expect(participant.make(2)).rejects.toEqual(business);
    slow.go();
    await expect(late).rejects.toEqual(business);
    expect(await participant.effects()).toEqual([]);
  });

  it("and is not given while it cannot be put on record", async () => {
    await participant.DB.exec(
      "CREATE TRIGGER t BEFORE INSERT ON saga_fence WHEN NEW.state = 'refused' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    participant.env.before["do 1"] = refuse;
    await expect(participant.make(1)).rejects.toMatchObject({ status: 500 });
  });

  it("two newer attempts at once have one effect", async () => {
    participant.env.before["do 1"] = refuse;
    await expect(participant.make(1)).rejects.toEqual(business);
    const slow = participant.hold("do 2");
    const late = participant.make(2);
    await slow.entered;
    expect(await participant.make(3)).toEqual({ attempt: 3 });
    slow.go();
    expect(await late).toEqual({ attempt: 3 });
    expect(await participant.effects()).toEqual(["do 3"]);
  });

  it("an undo after it stops a newer attempt that had begun before", async () => {
    participant.env.before["do 1"] = refuse;
    await expect(participant.make(1)).rejects.toEqual(business);
    const slow = participant.hold("do 2");
    const late = participant.make(2);
    await slow.entered;
    expect(await participant.unmake()).toEqual({});
    slow.go();
    await expect(late).rejects.toEqual(fenced);
    expect(await participant.effects()).toEqual([]);
  });
});
