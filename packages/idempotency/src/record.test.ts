import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { begin, finish, type KeyRecord, release, type StoredAnswer, suspend, withdraw } from "./record.ts";

const LEASE = 30;
const LIFETIME = 10_000;
const claim = (fingerprint = "f1", claimId = "c1") => ({
  claimId,
  fingerprint,
  lease: LEASE,
  lifetime: LIFETIME,
});
const answer = (text: string): StoredAnswer => ({
  status: 201,
  headers: {},
  body: new TextEncoder().encode(text),
});

/** A key, a clock and ids e1, e2, …; what a store would do with them. */
function key() {
  let record: KeyRecord;
  let now = 0;
  let ids = 0;
  return {
    pass: (ms: number) => void (now += ms),
    record: () => record,
    begin(fingerprint?: string, claimId?: string) {
      const begun = begin(record, claim(fingerprint, claimId), now, () => `e${++ids}`);
      record = begun.record;
      return begun.verdict;
    },
    finish(executionId: string, attempt: number, text = "done") {
      const finished = finish(record, { executionId, attempt }, answer(text), LIFETIME, now);
      record = finished.record;
      return finished.earlier;
    },
    suspend: (executionId: string, attempt: number) =>
      void (record = suspend(record, { executionId, attempt }, now)),
    release: (executionId: string, attempt: number) =>
      void (record = release(record, { executionId, attempt }, now)),
    withdraw: (claimId: string) => void (record = withdraw(record, claimId, now)),
  };
}

describe("a key", () => {
  it("starts one execution, keeps the others out while it runs, then replays its answer (I6, I7)", () => {
    const k = key();
    expect(k.begin()).toEqual({ kind: "new", executionId: "e1", attempt: 1 });
    k.pass(LEASE - 1);
    expect(k.begin()).toEqual({ kind: "in-flight" });
    expect(k.finish("e1", 1)).toBeUndefined();
    expect(k.begin()).toEqual({ kind: "replay", answer: answer("done") });
  });

  it("is given back by whoever never heard that it is theirs, and by nobody else", () => {
    const k = key();
    k.begin("f1", "lost");
    k.withdraw("another");
    expect(k.begin()).toEqual({ kind: "in-flight" });
    k.withdraw("lost");
    expect(k.record()).toBeUndefined();
    expect(k.begin("other")).toMatchObject({ kind: "new" });
  });

  it("keeps its execution when a later claim's verdict was lost, and its answer when it has one", () => {
    const k = key();
    k.begin("f1", "crashed");
    k.pass(LEASE);
    k.begin("f1", "lost");
    k.withdraw("crashed");
    expect(k.begin()).toEqual({ kind: "in-flight" });
    k.withdraw("lost");
    expect(k.begin("f1", "heard")).toEqual({ kind: "resumed", executionId: "e1", attempt: 3 });
    k.finish("e1", 3);
    k.withdraw("heard");
    expect(k.begin()).toMatchObject({ kind: "replay" });
  });

  it("belongs to one request, running or finished (I5)", () => {
    const k = key();
    k.begin();
    expect(k.begin("other")).toEqual({ kind: "mismatch" });
    k.finish("e1", 1);
    expect(k.begin("other")).toEqual({ kind: "mismatch" });
  });

  it("is resumed as the same execution after a crash (I13)", () => {
    const k = key();
    k.begin();
    k.pass(LEASE);
    expect(k.begin()).toEqual({ kind: "resumed", executionId: "e1", attempt: 2 });
    expect(k.begin()).toEqual({ kind: "in-flight" });
    expect(k.begin("other")).toEqual({ kind: "mismatch" });
  });

  it("is resumed at once when the answer was not the last word", () => {
    const k = key();
    k.begin();
    k.suspend("e1", 1);
    expect(k.begin()).toEqual({ kind: "resumed", executionId: "e1", attempt: 2 });
  });

  it("has one answer, whichever attempt was first", () => {
    const k = key();
    k.begin();
    k.pass(LEASE);
    k.begin();
    expect(k.finish("e1", 1, "first")).toBeUndefined();
    expect(k.finish("e1", 2, "second")).toEqual(answer("first"));
    expect(k.begin()).toEqual({ kind: "replay", answer: answer("first") });
  });

  it("is as good as new when its only attempt did nothing (I17)", () => {
    const k = key();
    k.begin();
    k.release("e1", 1);
    expect(k.begin("other")).toEqual({ kind: "new", executionId: "e2", attempt: 1 });
  });

  it("keeps its execution when an attempt before may have done something", () => {
    const k = key();
    k.begin();
    k.pass(LEASE);
    k.begin();
    k.release("e1", 2);
    expect(k.begin()).toEqual({ kind: "resumed", executionId: "e1", attempt: 3 });
  });

  it("is not let go of by an attempt that lost its lease", () => {
    const k = key();
    k.begin();
    k.pass(LEASE);
    k.begin();
    k.release("e1", 1);
    k.suspend("e1", 1);
    expect(k.begin()).toEqual({ kind: "in-flight" });
  });

  it("is new after it expired, never half replayed (I20)", () => {
    const k = key();
    k.begin();
    k.finish("e1", 1);
    k.pass(LIFETIME - 1);
    expect(k.begin().kind).toBe("replay");
    k.pass(1);
    expect(k.begin("other")).toEqual({ kind: "new", executionId: "e2", attempt: 1 });
    expect(k.finish("e1", 1, "late")).toBeUndefined();
    expect(k.begin("other")).toEqual({ kind: "in-flight" });
  });
});

it("never runs two executions within a key's life, and never shows two answers", () => {
  const step = fc.record({
    act: fc.constantFrom("begin", "finish", "suspend", "release", "wait"),
    ms: fc.integer({ min: 1, max: LEASE * 2 }),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const k = key();
      const running: { executionId: string; attempt: number }[] = [];
      // Executions whose attempts were all given back as "not started" may be forgotten; those are not counted.
      const effects = new Set<string>();
      const shown = new Set<string>();
      for (const { act, ms, pick } of steps) {
        if (act === "wait") k.pass(ms);
        if (act === "begin") {
          const verdict = k.begin();
          if (verdict.kind === "new" || verdict.kind === "resumed") running.push(verdict);
          if (verdict.kind === "replay") shown.add(new TextDecoder().decode(verdict.answer.body));
        }
        const [one] =
          act === "begin" || act === "wait" ? [] : running.splice(pick % (running.length || 1), 1);
        if (!one) continue;
        if (act === "release") k.release(one.executionId, one.attempt);
        else effects.add(one.executionId);
        if (act === "suspend") k.suspend(one.executionId, one.attempt);
        if (act === "finish") {
          const own = `${one.executionId}/${one.attempt}`;
          const earlier = k.finish(one.executionId, one.attempt, own);
          shown.add(earlier ? new TextDecoder().decode(earlier.body) : own);
        }
      }
      // A released first attempt may be followed by a new execution; its own late siblings do not exist.
      expect(effects.size).toBeLessThanOrEqual(1);
      expect(shown.size).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});
