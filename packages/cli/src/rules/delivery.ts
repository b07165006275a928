import type { Rule } from "../finding.ts";

/** Its messages only hasten what time does by itself: they wake a Worker for its tasks, or have it forget a copy. */
const mayLose = (queue: string) => queue.endsWith("-tasks") || queue.endsWith("-hints");

/** No message is thrown away after its last retry: a subscriber finds it in its dead-letter queue, known by its name. */
export const failuresAreKept: Rule = (mesh) =>
  mesh.flatMap(({ config, consumers }) => {
    const buried = new Set(consumers.map(({ deadLetterQueue }) => deadLetterQueue));
    return consumers
      .filter(({ queue }) => !buried.has(queue) && !mayLose(queue))
      .flatMap(({ queue, deadLetterQueue }) => {
        const wanted = `${queue}-dlq`;
        if (deadLetterQueue !== wanted)
          return {
            rule: "dead-letter",
            file: config,
            what: `The dead letter queue of ${queue} is ${deadLetterQueue ?? "missing"}.`,
            why: "A message that fails its last retry is gone without a trace, or taken for an event again.",
            fix: `Set dead_letter_queue = "${wanted}".`,
          };
        if (consumers.some((each) => each.queue === wanted)) return [];
        return {
          rule: "dead-letter",
          file: config,
          what: `The consumer of ${queue} does not consume ${wanted}.`,
          why: "What ends there is in no list of dead letters, and expires after some days.",
          fix: `Add [[queues.consumers]] queue = "${wanted}" to the same Worker.`,
        };
      });
  });

/** What goes into a queue comes out of it, and a queue that is listened to is fed. */
export const queuesHaveTwoEnds: Rule = (mesh) => {
  const produced = new Set(
    mesh.flatMap(({ producers, consumers }) => [
      ...producers,
      ...consumers.map(({ deadLetterQueue }) => deadLetterQueue),
    ]),
  );
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
      ({ producers, consumers, crons }) =>
        crons.length === 0 &&
        [...producers, ...consumers.map(({ queue }) => queue)].some((queue) => !mayLose(queue)),
    )
    .map(({ name, config, producers }) => ({
      rule: "cron",
      file: config,
      what: `${name} ${producers.length > 0 ? "publishes" : "subscribes to"} events and has no cron.`,
      why: "Queues may refuse or lose a message; a cron sends, or fetches, what is missing.",
      fix: 'Add [triggers] crons = ["* * * * *"].',
    }));
