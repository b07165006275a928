import type { SagaDefinition } from "../src/definition.ts";
import type { Order } from "../src/order.ts";
import { trip } from "../src/testing/definition.ts";
import { Life } from "../src/testing/life.ts";
import type { Behaviour, Script } from "../src/testing/world.ts";
import { everyNode, everyNode2 } from "./definitions.ts";

type Play = (life: Life) => Promise<unknown>;

/** A saga to be recorded: what it is there for, what befalls it and what is done to it. */
interface Recipe {
  readonly about: string;
  readonly definition?: SagaDefinition;
  readonly script?: Script;
  readonly play?: Play;
}

const at =
  (step: string, behaviour: Behaviour, phase = "do", until = Number.POSITIVE_INFINITY): Script =>
  (name, direction, attempt) =>
    name === step && direction === phase && attempt < until ? behaviour : "ok";
/** `pay` says no, so that all is undone. */
const goingBack =
  (undo: Script): Script =>
  (step, phase, attempt) =>
    step === "pay" && phase === "do" ? "business" : undo(step, phase, attempt);
const ends: Play = (life) => life.ends();
const rests = (life: Life) => life.time.until(() => !life.driver.isDriving);
const parks =
  (step: string): Play =>
  async (life) => {
    await life.time.until(() => life.driver.snapshot()?.parked.includes(step) === true);
    await rests(life);
  };
const logs = (life: Life, type: string, step: string) =>
  life.time.until(() => {
    const last = life.store.log.at(-1);
    return last?.type === type && "step" in last && last.step === step;
  });
const give = (life: Life, order: Order) =>
  life.driver.order({ requestId: `r-${order.verb}`, actor: "ops@weft", reason: "because" }, order);
const ordered =
  (before: Play, order: Order, after = ends): Play =>
  async (life) => {
    await before(life);
    give(life, order);
    await after(life);
  };
const approves: Play = async (life) => {
  life.driver.signal("s1", "approved", { by: "ann" });
  await life.ends();
};
const during =
  (step: string, type = "intent"): Play =>
  (life) =>
    logs(life, type, step);
const dies: Play = async (life) => {
  life.kill();
  await life.ends();
};

export const recipes: Record<string, Recipe> = {
  happy: { about: "Nothing goes wrong" },
  refused: { about: "A step says no: the steps before it are undone", script: at("car", "business") },
  "given-up": { about: "A step that does not answer is given up and undone", script: at("hotel", "dead") },
  transient: { about: "A step is busy twice", script: at("hotel", "transient", "do", 3) },
  "lost-pivot": {
    about: "The pivot's answer is lost; it is asked again",
    script: at("pay", "lost", "do", 3),
  },
  late: { about: "An answer comes when it is no longer waited for", script: at("hotel", "late", "do", 2) },
  parked: { about: "A step behind the pivot is parked", script: at("mail", "dead"), play: parks("mail") },
  partly: {
    about: "An undo is given up after its budget; the others are done",
    script: goingBack(at("hotel", "dead", "undo")),
  },
  "slow-undo": {
    about: "An undo works at its fourth attempt",
    script: goingBack(at("flight", "dead", "undo", 4)),
  },
  "stuck-undo": {
    about: "An undo fails in the same way again and again, is tried rarely, and works then",
    script: goingBack(at("hotel", "dead", "undo", 22)),
  },
  epochs: {
    about: "The process dies during an attempt; the next one repeats it",
    play: async (life) => {
      await during("hotel")(life);
      await dies(life);
    },
  },
  "epochs-unknown": {
    about:
      "An attempt takes effect unseen, as the process dies; the next one is turned away, and the step undone",
    script: (step, _, attempt) => (step === "hotel" && attempt > 1 ? "refused" : "ok"),
    play: async (life) => {
      await during("hotel")(life);
      await dies(life);
    },
  },
  "epochs-pivot": {
    about: "The process dies during the pivot and again during an undo",
    script: goingBack(() => "ok"),
    play: async (life) => {
      await during("pay")(life);
      life.kill();
      await life.time.until(() =>
        life.store.log.some((one) => one.type === "intent" && one.phase === "undo"),
      );
      await dies(life);
    },
  },
  "order-retry": {
    about: "An operator tries a parked step again",
    script: at("mail", "dead", "do", 21),
    play: ordered(parks("mail"), { verb: "retry" }),
  },
  "order-retry-undo": {
    about: "An operator takes up an undo that was given up",
    // The budget is used up before.
    script: goingBack(at("hotel", "dead", "undo", 30)),
    play: async (life) => {
      await life.ends();
      give(life, { verb: "retry", step: "hotel" });
      await life.time.until(() => life.driver.snapshot()?.state === "COMPENSATED");
    },
  },
  "order-skip": {
    about: "An operator has done a step by hand",
    script: at("tickets", "dead"),
    play: ordered(parks("tickets"), { verb: "skip", step: "tickets", output: { step: "by hand" } }),
  },
  "order-fail": { about: "An operator sends a saga back", play: ordered(during("car"), { verb: "fail" }) },
  "order-cancel": {
    about: "Cancelled before the pivot",
    play: ordered(during("flight"), { verb: "cancel" }),
  },
  "order-cancel-pending": {
    about: "Cancelled while the pivot is under way, which decides",
    play: ordered(during("pay"), { verb: "cancel" }),
  },
  "order-complete": {
    about: "What is left behind the pivot is left out",
    script: at("mail", "dead"),
    play: ordered(parks("mail"), { verb: "complete" }),
  },
  "order-compensated": {
    about: "Somebody has undone a step by other means",
    script: goingBack(at("hotel", "dead", "undo")),
    play: async (life) => {
      await life.ends();
      give(life, { verb: "compensated", step: "hotel" });
      await life.ends();
    },
  },
  "order-kill": {
    about: "Killed during an attempt, whose outcome comes later",
    play: ordered(during("car"), { verb: "kill" }, during("car", "discarded")),
  },
  every: { about: "Every kind of node, the signal before its wait", definition: everyNode, play: approves },
  "every-refused": {
    about: "Every kind of node that can be undone is undone",
    definition: everyNode,
    script: at("pay", "business"),
    play: approves,
  },
  "every-branch-fails": {
    about: "A branch fails while the other is under way",
    definition: everyNode,
    script: at("l1", "business"),
  },
  "every-item-fails": {
    about: "A map's item fails",
    definition: everyNode,
    script: at("pack[1]", "business"),
  },
  "every-sub-fails": {
    about: "A step in a sub-saga fails",
    definition: everyNode,
    script: at("payment.check", "business"),
  },
  "every-unheard": { about: "The signal does not come", definition: everyNode },
  "every-waiting": {
    about: "It waits for a signal",
    definition: everyNode,
    play: (life) => logs(life, "waiting", "approved"),
  },
  "every-praised": {
    about: "Two signals, and one for nobody",
    definition: everyNode,
    play: async (life) => {
      life.driver.signal("s0", "praise", { by: "bob" });
      life.driver.signal("s2", "praise", { by: "bo" });
      await approves(life);
    },
  },
  "every-migrated": {
    about: "Moved to another version while it waits",
    definition: everyNode,
    play: async (life) => {
      await logs(life, "waiting", "approved");
      life.definition = (_, version) => (version === 2 ? everyNode2 : everyNode);
      give(life, { verb: "migrate", plan: everyNode2.plan, hash: everyNode2.hash });
      await approves(life);
    },
  },
  "every-epochs": {
    about: "The process dies while two items are under way",
    definition: everyNode,
    play: async (life) => {
      await during("pack[1]")(life);
      life.kill();
      await life.time.until(() => life.store.log.some(({ type }) => type === "waiting"));
      await approves(life);
    },
  },
};

/** Lives the saga on simulated time. */
export async function live({ definition = trip, script, play = ends }: Recipe): Promise<Life> {
  const life = new Life(script, definition);
  await life.start("saga-1");
  await play(life);
  return life;
}
