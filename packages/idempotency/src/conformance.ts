import { expect, it } from "vitest";
import type { KeyObject, KeyStore } from "./key-store.ts";
import type { Attempt, Verdict } from "./record.ts";

const claim = { claimId: "c1", fingerprint: "f1", lease: 30_000, lifetime: 60_000 };
const answer = { status: 201, headers: { location: "/things/1" }, body: new Uint8Array([123, 125, 0, 255]) };
const otherAnswer = { ...answer, status: 500 };

let names = 0;

/**
 * What every store of keys promises, whatever it is made of. `later` moves the store's clock, for stores whose clock
 * can be moved; without it what needs time to pass is left out.
 */
export function storeConformance(open: () => KeyStore, later?: (ms: number) => void): void {
  const key = () => open().getByName(`key ${++names}`);
  const begun = (verdict: Verdict): Attempt => {
    if (verdict.kind !== "new" && verdict.kind !== "resumed") throw new Error(`It is ${verdict.kind}.`);
    return { executionId: verdict.executionId, attempt: verdict.attempt };
  };
  const start = async (object: KeyObject) => begun(await object.begin(claim));

  it("lets the first request work and no other while it does", async () => {
    const object = key();
    expect(await object.begin(claim)).toMatchObject({ kind: "new", attempt: 1 });
    expect(await object.begin({ ...claim, claimId: "c2" })).toEqual({ kind: "in-flight" });
  });

  it("replays the answer byte for byte, and no key answers for another", async () => {
    const object = key();
    await object.finish(await start(object), answer, claim.lifetime);
    expect(await object.begin(claim)).toEqual({ kind: "replay", answer });
    expect(await key().begin(claim)).toMatchObject({ kind: "new" });
  });

  it("tells another request under the same key apart, at work and finished", async () => {
    const object = key();
    const attempt = await start(object);
    expect(await object.begin({ ...claim, fingerprint: "f2" })).toEqual({ kind: "mismatch" });
    await object.finish(attempt, answer, claim.lifetime);
    expect(await object.begin({ ...claim, fingerprint: "f2" })).toEqual({ kind: "mismatch" });
  });

  it("resumes the same execution after a suspension", async () => {
    const object = key();
    const { executionId } = await start(object);
    await object.suspend({ executionId, attempt: 1 });
    expect(await object.begin(claim)).toEqual({ kind: "resumed", executionId, attempt: 2 });
  });

  it("forgets a key that is given back, but no execution that may have had an effect", async () => {
    const object = key();
    const first = await start(object);
    await object.release(first);
    const second = await start(object);
    expect(second.executionId).not.toBe(first.executionId);
    await object.suspend(second);
    const third = begun(await object.begin(claim));
    await object.release(third);
    expect(await object.begin(claim)).toMatchObject({ kind: "resumed", executionId: second.executionId });
  });

  it("takes a claim back whose verdict was lost, by its own name alone", async () => {
    const object = key();
    await start(object);
    await object.withdraw("somebody else");
    expect(await object.begin(claim)).toEqual({ kind: "in-flight" });
    await object.withdraw(claim.claimId);
    expect(await object.begin(claim)).toMatchObject({ kind: "new" });
  });

  it("keeps the first answer, and gives it to whoever comes in late", async () => {
    const object = key();
    const slow = await start(object);
    await object.suspend(slow);
    const next = begun(await object.begin(claim));
    expect(await object.finish(next, answer, claim.lifetime)).toBeUndefined();
    expect(await object.finish(slow, otherAnswer, claim.lifetime)).toEqual(answer);
    expect(await object.begin(claim)).toEqual({ kind: "replay", answer });
  });

  it("lets one of many through that come at once", async () => {
    const name = `crowd ${++names}`;
    const store = open();
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, (_, n) => store.getByName(name).begin({ ...claim, claimId: `c${n}` })),
    );
    const kinds = Map.groupBy(verdicts, ({ kind }) => kind);
    expect(kinds.get("new")).toHaveLength(1);
    expect(kinds.get("in-flight")).toHaveLength(199);
  });

  if (!later) return;

  it("lets the next request carry on when the lease has ended, with the same execution", async () => {
    const object = key();
    const { executionId } = await start(object);
    later(claim.lease - 1);
    expect(await object.begin(claim)).toEqual({ kind: "in-flight" });
    later(1);
    expect(await object.begin(claim)).toEqual({ kind: "resumed", executionId, attempt: 2 });
  });

  it("treats an expired key as new, whatever the request", async () => {
    const object = key();
    await object.finish(await start(object), answer, claim.lifetime);
    later(claim.lifetime);
    expect(await object.begin({ ...claim, fingerprint: "f2" })).toMatchObject({ kind: "new", attempt: 1 });
  });
}
