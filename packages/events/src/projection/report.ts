import { describe, log, type Scope } from "@weft/mesh";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { bindingTo } from "../log/binding.ts";
import { readPublisherLog } from "../subscription/publisher-log.ts";
import type { Projection, ProjectionSource } from "./definition.ts";
import type { ProjectionReport } from "./operations.ts";
import { positionOf } from "./position.ts";
import { liveReader } from "./reader.ts";
import { type Rebuild, rebuildOf } from "./rebuild.ts";

/** Longest wait for a publisher, ms. */
const PATIENCE = 2_000;

/** How far a projection is, and its last rebuild. */
export async function report(
  scope: Scope,
  db: AnyDatabase,
  projection: Projection,
): Promise<ProjectionReport> {
  const rebuild = await rebuildOf(db, projection.name);
  const sources = await Promise.all(
    projection.from.map(async (source) => {
      const { place } = liveReader(scope, db, projection, source);
      const applied = await positionOf(db, place);
      const head = await headOf(scope, source, applied);
      return {
        source: source.contract.name,
        applied,
        head,
        lag: head === null ? null : Math.max(0, head - applied),
      };
    }),
  );
  return {
    name: projection.name,
    state: rebuild?.state === "running" ? "rebuilding" : "live",
    sources,
    rebuild: rebuild ? shown(rebuild) : null,
  };
}

function shown({ state, applied, total, startedAt, updatedAt, error }: Rebuild) {
  return {
    state,
    applied,
    total,
    startedAt: new Date(startedAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(error !== null && { error }),
  };
}

async function headOf(scope: Scope, source: ProjectionSource, after: number): Promise<number | null> {
  const publisher = bindingTo(scope, source);
  if (!publisher) return null;
  try {
    const options = { timeout: PATIENCE };
    return (await readPublisherLog(scope, source, publisher, { after, limit: 1 }, options)).head;
  } catch (error) {
    log("warn", "projection", {
      service: scope.service,
      source: source.contract.name,
      cause: describe(error),
    });
    return null;
  }
}
