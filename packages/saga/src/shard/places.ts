import type { SagaObject } from "../saga-object.ts";

/** Over how many objects the sagas of a service are spread; `own`: an object for each saga. */
export type Spread = number | "own";

/** Where the sagas of a service are. */
export interface Places {
  readonly shards: Spread;
  /** How they were spread before, latest first: those that were started then are still found. */
  readonly formerly?: readonly Spread[];
}

/** The part of a Durable Object namespace that is used. */
export interface Namespace {
  getByName(name: string): unknown;
}

/** Throws TypeError. */
export function checkSpread(spread: Spread): void {
  if (spread === "own" || (Number.isInteger(spread) && spread >= 1)) return;
  throw new TypeError(
    `Sagas cannot be spread over ${spread} objects: name a whole number from 1 on, or "own".`,
  );
}

/** The objects of a service's sagas. */
export interface SagaObjects {
  readonly of: (id: string) => SagaObject;
  /** Those that many sagas share. */
  readonly shared: readonly SagaObject[];
}

export function objectsIn(namespace: Namespace, { shards, formerly = [] }: Places): SagaObjects {
  const named = (name: string) => namespace.getByName(name) as SagaObject;
  const spreads = [shards, ...formerly];
  return {
    of: (id) => spreads.map((spread) => named(placeOf(id, spread))).reduceRight(moved),
    get shared() {
      return spreads.flatMap((spread) => (spread === "own" ? [] : shardsOf(spread))).map(named);
    },
  };
}

/** The name of a saga's object. Sagas are found by it, so it must never change. */
export function placeOf(id: string, spread: Spread): string {
  return spread === "own" ? id : shardName(spread, hash(id) % spread);
}

/** Whether an object of this name has sagas of all ids. */
export function isShard(name: string | undefined): boolean {
  return name?.startsWith(PREFIX) ?? false;
}

const PREFIX = "weft-shard-";
const shardName = (count: number, n: number) => `${PREFIX}${count}-${n}`;
const shardsOf = (count: number) => Array.from({ length: count }, (_, n) => shardName(count, n));

/** A saga that is still where it began, or begins at its new place. */
function moved(former: SagaObject, current: SagaObject): SagaObject {
  const either =
    <Args extends unknown[], T>(ask: (object: SagaObject, ...args: Args) => Promise<T | undefined>) =>
    async (...args: Args) =>
      (await ask(current, ...args)) ?? ask(former, ...args);
  const known = async <T extends object>(ask: (object: SagaObject) => Promise<T>) => {
    const answer = await ask(current);
    return "code" in answer && answer.code === "SAGA_UNKNOWN" ? ask(former) : answer;
  };
  return {
    start: async (request) => ((await former.get(request.id)) ? former : current).start(request),
    wait: either((object, ...args) => object.wait(...args)),
    get: either((object, id) => object.get(id)),
    resume: either((object, id) => object.resume(id)),
    restore: () => current.restore(),
    inspect: either((object, id) => object.inspect(id)),
    order: (...args) => known((object) => object.order(...args)),
    signal: (...args) => known((object) => object.signal(...args)),
  };
}

/** FNV-1a, then mixed so that every bit of it counts. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x45d9f3b);
  return (sum ^ (sum >>> 16)) >>> 0;
}
