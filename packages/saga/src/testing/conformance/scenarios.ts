import type { Behaviour, Script } from "../world.ts";
import type { Actor } from "./subject.ts";

export interface Scenario {
  readonly script: Script;
  /** What is seen depends on who is faster, so only simulated clocks can compare it. */
  readonly raced: boolean;
  play(this: void, actor: Actor): Promise<void>;
}

const approved = async (actor: Actor): Promise<void> => {
  await actor.start();
  await actor.attempted("do b 1");
  await actor.approveIfHeard();
};
const always =
  (behaviour: Behaviour, at: string, phase: "do" | "undo" = "do"): Script =>
  (step, of) =>
    step === at && of === phase ? behaviour : "ok";
const once =
  (behaviour: Behaviour, at: string, phase: "do" | "undo" = "do"): Script =>
  (step, of, attempt) =>
    step === at && of === phase && attempt === 1 ? behaviour : "ok";
/** `pay` says no, so that all is undone, and the undo does as it is told. */
const goingBack =
  (undo: Script): Script =>
  (step, phase, attempt) =>
    step === "pay" && phase === "do" ? "business" : undo(step, phase, attempt);

const steps = ["a", "b", "c", "pay", "mail"];
const behaviours = ["business", "refused", "transient", "lost", "dead", "late"] as const;
const scenarios = new Map<string, Scenario>();
const add = (name: string, script: Script, play = approved, raced = false) =>
  scenarios.set(name, { script, play, raced });

add("happy", () => "ok");
for (const step of steps)
  for (const behaviour of behaviours) {
    add(`${step}: ${behaviour}`, always(behaviour, step));
    add(`${step}: ${behaviour} once`, once(behaviour, step));
  }
for (const step of ["a", "b", "c"])
  for (const behaviour of ["dead", "lost", "late"] as const) {
    add(`undo of ${step}: ${behaviour}`, goingBack(always(behaviour, step, "undo")));
    add(`undo of ${step}: ${behaviour} once`, goingBack(once(behaviour, step, "undo")));
  }
add(
  "every undo: dead",
  goingBack((_, phase) => (phase === "undo" ? "dead" : "ok")),
);

const ok: Script = () => "ok";
add("signal: none in time", ok, (actor) => actor.start());
add("signal: of another kind", ok, async (actor) => {
  await actor.start();
  await actor.attempted("do b 1");
  await actor.approve("no", { by: 1 });
});
add("signal: twice", ok, async (actor) => {
  await approved(actor);
  await actor.approve();
});
add(
  "signal: before the wait",
  ok,
  async (actor) => {
    await actor.start();
    await actor.approve();
  },
  true,
);
add("start: twice", ok, async (actor) => {
  await approved(actor);
  await actor.start();
});
add(
  "start: with another input",
  ok,
  async (actor) => {
    await actor.start();
    await actor.start("Oslo");
    await actor.approve();
  },
  true,
);
add("cancel: while it waits", ok, async (actor) => {
  await actor.start();
  await actor.attempted("do b 1");
  await actor.order({ verb: "cancel" });
});
add(
  "cancel: at once",
  ok,
  async (actor) => {
    await actor.start();
    await actor.order({ verb: "cancel" });
  },
  true,
);
add(
  "cancel: twice",
  ok,
  async (actor) => {
    await actor.start();
    await actor.order({ verb: "cancel" });
    await actor.order({ verb: "cancel" });
  },
  true,
);
add("cancel: behind the pivot", always("dead", "mail"), async (actor) => {
  await approved(actor);
  await actor.attempted("do mail 2");
  await actor.order({ verb: "cancel" });
});
add("cancel: a saga that there is not", ok, (actor) => actor.order({ verb: "cancel" }));
add("fail: while it waits", ok, async (actor) => {
  await actor.start();
  await actor.attempted("do b 1");
  await actor.order({ verb: "fail" });
});
add("kill: while it waits", ok, async (actor) => {
  await actor.start();
  await actor.attempted("do b 1");
  await actor.order({ verb: "kill" });
});
add("complete: behind the pivot", always("dead", "mail"), async (actor) => {
  await approved(actor);
  await actor.attempted("do mail 2");
  await actor.order({ verb: "complete" });
});
add("skip: a step that does not work", always("dead", "pay"), async (actor) => {
  await approved(actor);
  await actor.attempted("do pay 2");
  await actor.order({ verb: "skip", step: "pay", output: { step: "pay" } });
});

export { scenarios };
