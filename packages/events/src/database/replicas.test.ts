import {
  client,
  command,
  Consistency,
  contract,
  invoke,
  newTrace,
  query,
  rootContext,
  service,
} from "@weft/mesh";
import { replicatedD1 } from "@weft/testkit/d1";
import { serve } from "@weft/testkit/serve";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { schema } from "../fixture/shop.ts";
import { database, eventLogOf, LogPage, publisher } from "../index.ts";

beforeEach(() => void vi.spyOn(console, "log").mockReturnValue());

const output = z.object({ count: z.int() });
const counting = contract(
  "counting",
  {
    add: command("POST /internal/events", { output, allow: ["test"] }),
    count: query("GET /internal/count", { output, allow: ["test"] }),
  },
  { events: { "it.happened": z.object({}) }, readers: ["test"] },
);

const worker = service(counting, {
  use: [database({ schema, publisher: publisher(counting, { to: {} }) })],
  handlers: {
    add: async ({ db, tx }) => {
      const count = await db.$count(schema.eventLog);
      tx.emit("it.happened", "it", {});
      return { count };
    },
    count: async ({ db }) => ({ count: await db.$count(schema.eventLog) }),
  },
});

function open() {
  const DB = replicatedD1(`${import.meta.dirname}/../fixture`);
  const served = serve(worker, { DB });
  const transport = served.binding("test");
  const as = (consistency: Consistency) => {
    const context = rootContext(newTrace(), { consistency });
    return { context, ...client(counting, transport, context) };
  };
  return { DB, served, transport, as };
}

describe("reads from a replica that lags behind", () => {
  it("are stale for a stranger, and never for who brings back the token of their write", async () => {
    const { as, DB, served } = open();
    const token = new Consistency();
    await as(token).add({});
    await served.settled();
    expect(await as(new Consistency()).count({})).toEqual({ count: 0 });
    expect(await as(Consistency.parse(token.text)).count({})).toEqual({ count: 1 });
    DB.replicate();
    expect(await as(new Consistency()).count({})).toEqual({ count: 1 });
  });

  it("do not go back: who has seen something sees it again", async () => {
    const { as, DB } = open();
    await as(new Consistency()).add({});
    DB.replicate();
    await as(new Consistency()).add({});
    const reader = Consistency.parse("");
    expect(await as(reader).count({})).toEqual({ count: 1 });
    expect(reader.bookmarkOf("counting")).toBeDefined();
  });

  it("are not what commands decide on", async () => {
    const { as } = open();
    await as(new Consistency()).add({});
    expect(await as(new Consistency()).add({})).toEqual({ count: 1 });
  });

  it("are not what subscribers catch up with", async () => {
    const { as, transport } = open();
    await as(new Consistency()).add({});
    const { context } = as(new Consistency());
    const answer = await invoke(eventLogOf("counting"), {}, transport, context);
    expect(LogPage.parse(answer.body).head).toBe(1);
  });
});

it("a write's token names its place in the log", async () => {
  const { as } = open();
  const token = new Consistency();
  await as(token).add({});
  await as(token).add({});
  expect(token.positionIn("counting")).toBe(2);
});
