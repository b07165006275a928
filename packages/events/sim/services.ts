import { bindings, command, contract, type ResourcesOf, service } from "@weft/mesh";
import { sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import * as z from "zod";
import {
  copies,
  database,
  on,
  project,
  type Projected,
  projection,
  projections,
  publisher,
  subscriptions,
  taskQueue,
} from "../src/index.ts";
import * as tables from "../src/schema.ts";

const Fact = z.object({ subject: z.string(), n: z.int() });
type Fact = z.infer<typeof Fact>;

/** Does what it is told: it keeps words, each once. */
const clerk = contract("clerk", {}, { commands: { keep: Fact }, senders: ["author"] });

/** Publishes what its clients say, has it kept, and keeps a row of each in the same commit. */
export const author = contract(
  "author",
  { say: command("POST /internal/words", { input: Fact, output: Fact, allow: ["client"] }) },
  { events: { "word.said": Fact, "word.whispered": Fact }, readers: ["reaction", "sequence", "digest"] },
);
const reaction = contract("reaction", {}, { events: { "word.heard": Fact }, readers: [] });
const sequence = contract("sequence", {});
const digest = contract("digest", {});

const said = sqliteTable("said", { n: integer("n").notNull() });
/** Without a key: a double effect would be seen. */
const heard = sqliteTable("heard", { subject: text("subject").notNull(), n: integer("n").notNull() });
const digests = copies((name) => ({
  digests: sqliteTable(name("digests"), {
    subject: text("subject").primaryKey(),
    digest: integer("digest").notNull(),
  }),
}));
export const schema = {
  ...tables,
  said,
  heard,
  digests: digests.live.digests,
  digestsShadow: digests.shadow.digests,
};

/** Every third is not sent to queues: whoever wants all of a subject must read the log. */
export const isWhispered = (n: number) => n % 3 === 0;

export const authorWorker = service(author, {
  use: [
    database({
      schema,
      sendsTo: [clerk],
      publisher: publisher(author, {
        to: {
          REACTION_EVENTS: ["word.said"],
          SEQUENCE_EVENTS: ["word.said"],
          DIGEST_EVENTS: ["word.said"],
        },
      }),
    }),
  ],
  handlers: {
    say: async ({ input, db, tx }) => {
      tx.add(db.insert(said).values({ n: input.n }));
      tx.send(clerk, "keep", input, { priority: input.n % 3, delay: (input.n % 2) * 30_000 });
      tx.emit(isWhispered(input.n) ? "word.whispered" : "word.said", input.subject, input);
      return input;
    },
  },
});

export interface Listening {
  /** Called by handlers; throws for what is poison to them. */
  TASTE: (n: number) => void;
}

const reacting = [
  bindings<Listening>(),
  database({ schema, publisher: publisher(reaction, { to: {} }) }),
] as const;

/** Applies events in any order, each once; says what it has heard. */
export const reactionWorker = service(reaction, {
  use: [
    ...reacting,
    subscriptions<ResourcesOf<typeof reacting>>({
      name: "reaction",
      from: [
        on(author, {
          "word.said": ({ event: { data }, db, tx, env }) => {
            env.TASTE(data.n);
            tx.add(db.insert(heard).values(data));
            tx.emit("word.heard", data.subject, data);
          },
        }),
      ],
    }),
  ],
  handlers: {},
});

const sequencing = [bindings<Listening>(), database({ schema })] as const;

/** Applies the events of each subject in their order, the whispered ones as well. */
export const sequenceWorker = service(sequence, {
  use: [
    ...sequencing,
    subscriptions<ResourcesOf<typeof sequencing>>({
      name: "sequence",
      from: [
        on(
          author,
          {
            "word.said": ({ event: { data }, db, tx, env }) => {
              env.TASTE(data.n);
              tx.add(db.insert(heard).values(data));
            },
            "word.whispered": ({ event: { data }, db, tx }) => tx.add(db.insert(heard).values(data)),
          },
          { ordered: true },
        ),
      ],
    }),
  ],
  handlers: {},
});

export interface Working extends Listening {
  /** Takes a while. */
  TOIL: () => Promise<void>;
}

const working = [bindings<Working>(), database({ schema })] as const;

/** Each command has its effect once, however often it is handed over and however many workers have it at once. */
export const clerkWorker = service(clerk, {
  use: [
    ...working,
    taskQueue<typeof clerk.commands, ResourcesOf<typeof working>>({
      contract: clerk,
      retry: { longest: 10 * 60_000 },
      handlers: {
        keep: async ({ data, db, tx, env }) => {
          await env.TOIL();
          env.TASTE(data.n);
          tx.add(db.insert(heard).values(data));
        },
      },
    }),
  ],
  handlers: {},
});

/** Another order, a repetition or an omission gives another number. */
export const nextDigest = (before: number, n: number) => (before * 31 + n) % 1_000_003;

type Digests = (typeof digests)["live"];

/** A fold over the whole log. */
export const digestWorker = service(digest, {
  use: [
    database({ schema }),
    projections({
      name: "digest",
      all: [
        projection<Digests>({
          name: "digests",
          tables: digests,
          from: [project(author, { "word.said": fold, "word.whispered": fold })],
        }),
      ],
    }),
  ],
  handlers: {},
});

function fold({ event: { data }, tables: { digests: table }, write }: Projected<Digests, string, Fact>) {
  return write
    .insert(table)
    .values({ subject: data.subject, digest: data.n })
    .onConflictDoUpdate({
      target: table.subject,
      set: { digest: sql`(${table.digest} * 31 + excluded.digest) % 1000003` },
    });
}
