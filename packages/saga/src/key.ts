import { type Found, nodesOf } from "./nodes.ts";
import type { Plan, PlanNode } from "./plan.ts";

/**
 * Where in a running saga a node stands. Its key is `<name>`, in a map `<name>[<index>]` with an index for each map
 * around it, in a sub-saga `<key of the sub-saga>.<key in it>`. Participants know a step by its key.
 */
export interface Scope {
  readonly prefix: string;
  readonly suffix: string;
}

export const ROOT: Scope = { prefix: "", suffix: "" };

export function keyIn({ prefix, suffix }: Scope, name: string): string {
  return prefix + name + suffix;
}

/** Inside item number `index` of a map that stands in `scope`. */
export function itemScope({ prefix, suffix }: Scope, index: number): Scope {
  return { prefix, suffix: `${suffix}[${index}]` };
}

/** Inside the sub-saga of this key. */
export function subScope(key: string): Scope {
  return { prefix: `${key}.`, suffix: "" };
}

/** The key without indices: where the node's code is found in the definition. */
export function pathOf(key: string): string {
  return key.includes("[") ? key.replaceAll(/\[\d+\]/g, "") : key;
}

/** A key taken apart: the sub-sagas around the node, then the node's name and its indices. */
export interface Address {
  readonly subs: readonly string[];
  readonly name: string;
  readonly indices: readonly number[];
}

export function addressOf(key: string): Address {
  const cut = key.lastIndexOf(".");
  const subs = [...key.matchAll(/\./g)].map(({ index }) => key.slice(0, index));
  const last = key.slice(cut + 1);
  return {
    subs,
    name: pathOf(last),
    indices: [...last.matchAll(/\[(\d+)\]/g)].map(([, index]) => Number(index)),
  };
}

/**
 * Whether a node's key has an index for each map around it, none of them beyond the items where those are known.
 * `resolved`: the items of maps, by their keys.
 */
export function hasPlace(plan: Plan, resolved: Readonly<Record<string, unknown>>, key: string): boolean {
  const { subs } = addressOf(key);
  let inner: Plan | undefined = plan;
  let scope = ROOT;
  for (const place of [...subs, key]) {
    const { name, indices } = addressOf(place);
    const found: Found | undefined = inner && nodesOf(inner).get(name);
    if (!found || found.maps.length !== indices.length) return false;
    for (const [depth, index] of indices.entries()) {
      const items = resolved[keyIn(scope, found.maps[depth] ?? "")];
      if (Array.isArray(items) && index >= items.length) return false;
      scope = itemScope(scope, index);
    }
    inner = found.node.kind === "saga" ? found.node.plan : undefined;
    scope = subScope(place);
  }
  return true;
}

/** The node of a key; undefined where the plan has none. */
export function nodeAt(plan: Plan, key: string): PlanNode | undefined {
  const direct = nodesOf(plan).get(key);
  if (direct) return direct.node;
  let inner = plan;
  const names = pathOf(key).split(".");
  for (const name of names.slice(0, -1)) {
    const node = nodesOf(inner).get(name)?.node;
    if (node?.kind !== "saga") return undefined;
    inner = node.plan;
  }
  return nodesOf(inner).get(names.at(-1) ?? "")?.node;
}
