/**
 * `npm run chaos -- --kills N [--seed S]`: buys under load while the whole process tree is killed with SIGKILL and
 * started again; then waits until every accepted order is final and its parcel, its mails and what the read side shows
 * of it are as its events ask, although the local queues have forgotten theirs, and asks the audit whether all adds up.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Answer, ShopClient } from "@weft/testkit/shop-client";
import { aftermathOf, describeBooks } from "./chaos/aftermath.ts";
import { tryPort } from "./lib/ports.ts";
import { root } from "./lib/project.ts";
import { randomFrom } from "./lib/random.ts";

const OPERATOR_TOKEN = "chaos";
const BUYERS = 4;
const ANSWER_MS = 30_000;
const READY_MS = 120_000;
const SETTLE_MS = 120_000;
/** Before a request is repeated; doubles each time, and is what the shop asks for if that is longer. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
const FINAL = new Set(["confirmed", "rejected", "cancelled"]);
const TOKENS = ["tok_ok", "tok_ok", "tok_declined", "tok_slow", "tok_error_once", "tok_unknown"];

const { values } = parseArgs({
  options: { kills: { type: "string", default: "3" }, seed: { type: "string" } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = randomFrom(seed);
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
const port = await tryPort(0);
const base = `http://127.0.0.1:${port}`;
const client = (token?: string) =>
  new ShopClient(
    (path, init) => fetch(base + path, { ...init, signal: AbortSignal.timeout(ANSWER_MS) }),
    token,
  );

let shop: ChildProcess | undefined;
let up = false;
const state = mkdtempSync(join(tmpdir(), "weft-chaos-"));

async function start(): Promise<void> {
  shop = spawn(process.execPath, [join(root, "scripts", "start.ts")], {
    cwd: root,
    // The channel carries nothing: the shop ends when it closes, however this process ends.
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, PORT: String(port), WEFT_STATE: state, WEFT_OPERATOR_TOKEN: OPERATOR_TOKEN },
  });
  const began = Date.now();
  let output = "";
  shop.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  while (!output.includes("Weft is ready")) {
    if (Date.now() - began > READY_MS || shop.exitCode !== null)
      throw new Error(`The shop did not start:\n${output}`);
    await sleep(50);
  }
  up = true;
  progressAt = Date.now();
}

/** The supervisor dies by SIGKILL, and the runtime's group with it the moment it sees its parent gone. */
async function kill(): Promise<void> {
  up = false;
  const gone = new Promise((resolve) => shop?.once("exit", resolve));
  shop?.kill("SIGKILL");
  await gone;
  while (
    await client()
      .get("/health")
      .then(
        () => true,
        () => false,
      )
  )
    await sleep(20);
}

interface Attempt {
  buyer: ShopClient;
  key: string;
  items: { productId: string; quantity: number }[];
  paymentToken: string;
  settled?: boolean;
  /** How often which answer came. */
  answers: Map<string, number>;
}

const attempts: Attempt[] = [];
const pending: Promise<void>[] = [];
let running = true;

/** Buys until told to stop; whenever no clear answer comes, sends the same request again with the same key. */
async function buy(buyer: ShopClient): Promise<void> {
  while (running) {
    const attempt: Attempt = {
      buyer,
      key: crypto.randomUUID(),
      items: [
        {
          productId: `prod_${String(1 + Math.floor(random() * 20)).padStart(3, "0")}`,
          quantity: 1 + Math.floor(random() * 3),
        },
      ],
      paymentToken: pick(TOKENS),
      answers: new Map(),
    };
    attempts.push(attempt);
    const settling = settle(attempt);
    pending.push(settling);
    // A buyer who gets no answer opens another window.
    await Promise.race([settling, sleep(1_000)]);
  }
}

/** When some request last got its final answer, or the shop was last started, ms since the epoch. */
let progressAt = Date.now();

/**
 * Repeats the request until its answer is final, as often as a client may that is told to wait. Gives up when nobody at
 * all gets on any more: a machine that is busy with other things is slow, and that is no fault of the shop's. The end of
 * the run counts those that never got an answer.
 */
async function settle(attempt: Attempt): Promise<void> {
  const begun = Date.now();
  let wait = FIRST_WAIT_MS;
  for (; Date.now() < Math.max(begun, progressAt) + SETTLE_MS; await sleep(wait * (0.5 + Math.random()))) {
    if (!up) continue;
    const answer = await attempt.buyer.buy(attempt).catch(() => undefined);
    note(attempt, answer);
    // Twice on purpose, now and then: a duplicate must change nothing.
    if (answer && random() < 0.2) await attempt.buyer.buy(attempt).catch(() => undefined);
    const final = answer && (answer.status === 201 || (answer.status >= 400 && !answer.body.retryable));
    wait = Math.max(
      Number(answer?.headers.get("retry-after") ?? 0) * 1_000,
      Math.min(2 * wait, LONGEST_WAIT_MS),
    );
    if (!final) continue;
    attempt.settled = true;
    progressAt = Date.now();
    if (answer.status === 201 && random() < 0.2) {
      const path = `/v1/orders/${answer.body.id}/cancellation`;
      const key = { "idempotency-key": `cancel-${attempt.key}` };
      await attempt.buyer.post(path, undefined, key).catch(() => undefined);
    }
    return;
  }
}

function note({ answers }: Attempt, answer: Answer | undefined): void {
  const name = answer ? `${answer.status} ${answer.body?.code ?? ""}` : "no answer";
  answers.set(name, (answers.get(name) ?? 0) + 1);
}

console.log(`seed ${seed}: ${values.kills} kills, ${BUYERS} buyers, state in ${state}`);
await start();
const buyers = await Promise.all(Array.from({ length: BUYERS }, () => client().signUp()));
const shopping = buyers.map((buyer) => buy(buyer));
for (let count = 1; count <= Number(values.kills); count++) {
  await sleep(500 + random() * 2_500);
  await kill();
  console.log(`kill ${count}: ${attempts.length} orders so far`);
  await start();
}
running = false;
await Promise.all(shopping);
await Promise.all(pending);

const operator = client(OPERATOR_TOKEN);
const settled = ({
  orders,
  balanced,
  money,
}: {
  orders: object;
  balanced: boolean;
  money: { inFlight: number };
}) => balanced && money.inFlight === 0 && Object.keys(orders).every((status) => FINAL.has(status));
const audit = await operator
  .until("/_weft/audit", ({ status, body }) => status === 200 && settled(body), {
    tries: SETTLE_MS / 500,
    pause: 500,
  })
  .then(
    ({ body }) => body,
    (error: unknown) => error,
  );
console.log(audit);
const total =
  audit instanceof Error ? 0 : Object.values<number>(audit.orders).reduce((sum, count) => sum + count, 0);
const unsettled = attempts.filter(({ settled }) => !settled);
for (const { key, answers } of unsettled)
  console.log(`${key} was answered: ${[...answers].map(([name, count]) => `${count} x ${name}`).join(", ")}`);
const { books, problems } = await aftermathOf({
  state,
  operator,
  // The time is over already.
  patience: audit instanceof Error ? 0 : SETTLE_MS,
});
console.log([describeBooks(books), ...problems].join("\n"));
const complete = total === attempts.length && unsettled.length === 0 && problems.length === 0;
const ok = !(audit instanceof Error) && complete;
console.log(
  ok
    ? `${attempts.length} orders, all final, money and stock balance, nothing is missing or doubled.`
    : `FAILED with seed ${seed}: ${attempts.length} orders were asked for, ${total} exist, ${unsettled.length} never got a final answer, ${problems.length} problems.`,
);
shop?.kill("SIGTERM");
await new Promise((resolve) => shop?.once("exit", resolve));
process.exit(ok ? 0 : 1);
