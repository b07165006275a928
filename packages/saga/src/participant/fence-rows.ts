import type { AnyDatabase, Statement } from "@weft/events";
import { MeshError, type MeshErrorOptions, type SagaStep } from "@weft/mesh";
import { and, eq, lt } from "drizzle-orm";
import { sagaFence } from "./schema.ts";

type Row = typeof sagaFence.$inferSelect;

/** A step's rows as they were read. */
export type Seen = Partial<Record<Row["phase"], Row>>;

/** A refusal as it is stored. */
type Problem = Pick<MeshErrorOptions, "status" | "title" | "detail" | "errors"> & { code: string };

/** The constraint that is violated when another attempt has taken the place. */
export const TAKEN = "saga_fence.saga_id";

/** The fence's rows of one step of one saga. */
export class FenceRows {
  readonly #db: AnyDatabase;
  readonly #saga: SagaStep;

  constructor(db: AnyDatabase, saga: SagaStep) {
    this.#db = db;
    this.#saga = saga;
  }

  async read(): Promise<Seen> {
    const { sagaId, step } = this.#saga;
    const rows: Row[] = await this.#db
      .select()
      .from(sagaFence)
      .where(and(eq(sagaFence.sagaId, sagaId), eq(sagaFence.step, step)));
    return Object.fromEntries(rows.map((row) => [row.phase, row]));
  }

  /** Takes the place of the `do`, which was empty or held a refusal. Violates TAKEN if it is not as it was `seen`. */
  take({ do: before }: Seen, state: "done" | "suspended", reply: unknown): Statement[] {
    const { sagaId, step } = this.#saga;
    const insert = this.insert("do", state, reply);
    if (!before) return [insert];
    const refusal = and(
      eq(sagaFence.sagaId, sagaId),
      eq(sagaFence.step, step),
      eq(sagaFence.phase, "do"),
      eq(sagaFence.state, "refused"),
      eq(sagaFence.attempt, before.attempt),
    );
    return [this.#db.delete(sagaFence).where(refusal), insert];
  }

  insert(phase: Row["phase"], state: Row["state"], reply: unknown): Statement {
    return this.#db.insert(sagaFence).values({ ...this.#saga, phase, state, reply, at: Date.now() });
  }

  /** Puts a refusal in the place of the `do` if that is empty or an older attempt was refused; tells whether it did. */
  async refuse({ code, status, title, detail, errors }: MeshError): Promise<boolean> {
    const { attempt } = this.#saga;
    const reply: Problem = { code, status, title, ...(detail && { detail }), ...(errors && { errors }) };
    const at = Date.now();
    const written = await this.#db
      .insert(sagaFence)
      .values({ ...this.#saga, phase: "do", state: "refused", reply, at })
      .onConflictDoUpdate({
        target: [sagaFence.sagaId, sagaFence.step, sagaFence.phase],
        set: { attempt, reply, at },
        setWhere: and(eq(sagaFence.state, "refused"), lt(sagaFence.attempt, attempt)),
      })
      .returning({ attempt: sagaFence.attempt });
    return written.length > 0;
  }
}

/** The refusal of this attempt or a newer one, as the error that it was. */
export function refusalFor({ attempt }: SagaStep, { do: row }: Seen): MeshError | undefined {
  if (row?.state !== "refused" || row.attempt < attempt) return undefined;
  const { code, ...options } = row.reply as Problem;
  return new MeshError(code, options);
}

/** No other attempt has written in between. */
export function same(a: Seen, b: Seen): boolean {
  return (["do", "undo"] as const).every(
    (phase) => a[phase]?.state === b[phase]?.state && a[phase]?.attempt === b[phase]?.attempt,
  );
}
