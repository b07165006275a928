import type { Rule } from "../finding.ts";

/** Its messages only wake a Worker for what is in its database. */
const isAlarmClock = (queue: string) => queue.endsWith("-tasks");

/** No message is thrown away after its last retry. */
export const failuresAreKept: Rule = (mesh) =>
  mesh.flatMap(({ config, consumers }) =>
    consumers
      .filter(({ queue, deadLetterQueue }) => deadLetterQueue === undefined && !isAlarmClock(queue))
      .map(({ queue }) => ({
        rule: "dead-letter",
        file: config,
        what: `The consumer of ${queue} has no dead letter queue.`,
        why: "A message that fails its last retry is gone without a trace.",
        fix: `Add dead_letter_queue = "${queue}-dlq".`,
      })),
  );

/** What goes into a queue comes out of it, and a queue that is listened to is fed. */
export const queuesHaveTwoEnds: Rule = (mesh) => {
  const produced = new Set(mesh.flatMap(({ producers }) => producers));
  const consumed = new Set(mesh.flatMap(({ consumers }) => consumers.map(({ queue }) => queue)));
  return mesh.flatMap(({ config, producers, consumers }) => [
    ...producers
      .filter((queue) => !consumed.has(queue))
      .map((queue) => ({
        rule: "queue",
        file: config,
        what: `Nobody consumes ${queue}.`,
        why: "Its messages pile up until they expire.",
        fix: "Add a consumer to the subscriber, or take the producer out.",
      })),
    ...consumers
      .filter(({ queue }) => !produced.has(queue))
      .map(({ queue }) => ({
        rule: "queue",
        file: config,
        what: `Nobody produces into ${queue}.`,
        why: "Its subscriber hears of events only when it catches up by its cron.",
        fix: "Add a producer to the publisher, or take the consumer out.",
      })),
  ]);
};

/** Whoever publishes or subscribes has a cron that makes up for what a queue did not take or has lost. */
export const lossesAreRepaired: Rule = (mesh) =>
  mesh
    .filter(
      ({ producers, consumers, crons }) => producers.length + consumers.length > 0 && crons.length === 0,
    )
    .map(({ name, config, producers }) => ({
      rule: "cron",
      file: config,
      what: `${name} ${producers.length > 0 ? "publishes" : "subscribes to"} events and has no cron.`,
      why: "Queues may refuse or lose a message; a cron sends, or fetches, what is missing.",
      fix: 'Add [triggers] crons = ["* * * * *"].',
    }));
