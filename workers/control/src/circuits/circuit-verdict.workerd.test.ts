import { callObject, type LeaseAnswer, type Report, type Verdict } from "@weft/mesh/regional";
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { CircuitReport } from "./circuit-verdict.ts";

const { CIRCUITS, DIRECTORY } = env as unknown as Record<"CIRCUITS" | "DIRECTORY", DurableObjectNamespace>;
const ask = <T>(method: string, name: string, ...args: unknown[]) =>
  callObject<T>(CIRCUITS as never, method, name, ...args);

/** Half a second in which so many calls ended so. */
const report = (reporter: string, counts: Partial<Report["buckets"][number]>): Report => ({
  reporter,
  service: "gateway",
  status: { state: "closed", reason: "initial", by: "local" },
  awaited: 0,
  buckets: [{ age: 0, sent: 0, ok: 0, failure: 0, overload: 0, throttled: 0, ...counts }],
});

const openedBy = async (name: string) => {
  let verdict: Verdict | undefined;
  for (const reporter of ["a", "b", "c"])
    verdict = await ask<Verdict>("report", name, report(reporter, { overload: 10 }));
  return verdict;
};

describe("a region's verdict", () => {
  it("opens when enough isolates report the same", async () => {
    expect(await ask("report", "NA:quorum", report("a", { overload: 10 }))).toMatchObject({
      state: "closed",
    });
    expect(await openedBy("NA:quorum")).toMatchObject({ state: "open", reason: "overload-rate" });
  });

  it("keeps each circuit to itself", async () => {
    await openedBy("NA:one");
    expect(await ask("report", "EU:one", report("a", { ok: 10 }))).toMatchObject({ state: "closed" });
  });

  it("gives the probe to one isolate alone", async () => {
    await ask("override", "NA:lease", null);
    await openedBy("NA:lease");
    expect(await ask<LeaseAnswer>("lease", "NA:lease")).not.toHaveProperty("lease");
  });

  it("survives the loss of the object's memory", async () => {
    await openedBy("NA:evicted");
    const stub = CIRCUITS.get(CIRCUITS.idFromName("NA:evicted"));
    await evictDurableObject(stub);
    const { verdict, transitions } = await ask<CircuitReport>("status", "NA:evicted");
    // The eviction may take longer than the wait for the first probe.
    expect(["open", "half-open"]).toContain(verdict.state);
    expect(transitions[0]).toMatchObject({ from: "closed", to: "open", reason: "overload-rate" });
  });

  it("obeys an operator until the order ends", async () => {
    const order = { state: "open", until: Date.now() + 60_000, reason: "maintenance" };
    expect(await ask("override", "NA:order", order)).toMatchObject({ state: "open", reason: "operator" });
    expect(await ask("status", "NA:order")).toMatchObject({ override: order });
    const over = { ...order, until: Date.now() - 1 };
    expect(await ask("override", "NA:order", over)).toMatchObject({ state: "closed", reason: "initial" });
    expect(await ask("status", "NA:order")).not.toHaveProperty("override");
  });

  it("is listed by its name", async () => {
    await ask("report", "NA:listed", report("a", { ok: 1 }));
    const { names } = await callObject<{ names: string[] }>(DIRECTORY as never, "list", "directory");
    expect(names).toContain("NA:listed");
  });

  it("stores nothing for reports that change nothing", async () => {
    await ask("report", "NA:quiet", report("a", { ok: 1 }));
    const stub = CIRCUITS.get(CIRCUITS.idFromName("NA:quiet"));
    const stored = () => runInDurableObject(stub, (_, state) => state.storage.get("data"));
    const before = await stored();
    await ask("report", "NA:quiet", report("a", { ok: 5 }));
    expect(await stored()).toEqual(before);
  });
});
