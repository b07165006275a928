import * as z from "zod";
import { meshError } from "../error.ts";

/** Turns an event's data of one version into that of the next. */
export type Upcaster = (data: never) => unknown;

interface History {
  readonly version: number;
  readonly upcasters: Readonly<Record<number, Upcaster>>;
}

const histories = z.registry<History>();

export interface EventOptions<D extends z.ZodType> extends History {
  /** Which version `data` is, from 1. A change that old readers would not understand makes a new one. */
  readonly version: number;
  /** What is published from now on, and what handlers get, however old the event is. */
  readonly data: D;
  /** For each older version the step to the one after it: `1` turns version 1 into version 2. */
  readonly upcasters: Readonly<Record<number, Upcaster>>;
}

/** An event type that has changed since its first version; a plain schema in a contract is version 1. */
export function event<D extends z.ZodType>({ version, data, upcasters }: EventOptions<D>): D {
  // A copy, since other events may use the same schema.
  const own = data.clone();
  histories.add(own, { version, upcasters });
  return own;
}

/** The newest version of an event type. */
export function eventVersion(schema: z.ZodType): number {
  return histories.get(schema)?.version ?? 1;
}

/** Throws what is wrong with the definition of an event, and how to mend it; `name` is how the event is called. */
export function checkEvent(name: string, schema: z.ZodType): void {
  const { version, upcasters } = histories.get(schema) ?? { version: 1, upcasters: {} };
  if (!Number.isInteger(version) || version < 1)
    throw new TypeError(`${name} has version ${version}: versions are whole numbers from 1.`);
  for (let from = 1; from < version; from++) {
    if (!upcasters[from])
      throw new TypeError(
        `${name} is version ${version}, but nothing turns version ${from} into ${from + 1}: add upcasters[${from}].`,
      );
  }
  for (const from of Object.keys(upcasters)) {
    if (!(Number(from) >= 1 && Number(from) < version))
      throw new TypeError(
        `${name} is version ${version}, so upcasters[${from}] leads nowhere: remove it, or raise \`version\`.`,
      );
  }
}

/**
 * Data that was published as the given version, as the newest. Data of a version that is not known here yet is taken if
 * the schema accepts it, as a change that only adds would be; else EVENT_TOO_NEW.
 */
export function upcast<D extends z.ZodType>(schema: D, version: number, data: unknown): z.output<D> {
  const { version: newest, upcasters } = histories.get(schema) ?? { version: 1, upcasters: {} };
  let current = data;
  for (let from = version; from < newest; from++) current = upcasters[from]?.(current as never);
  const parsed = schema.safeParse(current);
  if (parsed.success) return parsed.data;
  if (version <= newest) throw parsed.error;
  throw meshError(
    "EVENT_TOO_NEW",
    `Its data has version ${version} and cannot be read as version ${newest}: deploy this service with the publisher's newer contract, then replay.`,
    { cause: parsed.error },
  );
}
