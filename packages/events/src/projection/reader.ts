import type { Scope } from "@weft/mesh";
import type { AnyDatabase } from "../database/unit-of-work.ts";
import { sourceOf } from "../log/envelope.ts";
import type { Projection, ProjectionSource } from "./definition.ts";
import type { Place } from "./position.ts";

/** One copy of a projection that reads one publisher's log. */
export interface Reader {
  readonly scope: Scope;
  readonly db: AnyDatabase;
  readonly projection: Projection;
  readonly source: ProjectionSource;
  readonly place: Place;
  /** How long to leave the database to others after each batch, ms. */
  readonly rest?: number;
}

/** A rebuild's batches would follow each other so closely that each step of a read waits behind one, ms. */
const REST = 5;

export function liveReader(
  scope: Scope,
  db: AnyDatabase,
  projection: Projection,
  source: ProjectionSource,
): Reader {
  const place = {
    projection: projection.name,
    copy: "live",
    source: sourceOf(source.contract.name),
  } as const;
  return { scope, db, projection, source, place };
}

/** Belongs to one rebuild, and can do nothing once that is over. */
export function shadowReader(
  scope: Scope,
  db: AnyDatabase,
  projection: Projection,
  source: ProjectionSource,
  generation: number,
): Reader {
  const live = liveReader(scope, db, projection, source);
  return { ...live, place: { ...live.place, copy: "shadow", generation }, rest: REST };
}
