import { describe, expect, it } from "vitest";
import type { Priority } from "./bulkhead.ts";
import type { BreakerConfig } from "./breaker-config.ts";
import { CircuitBreaker, type Decision } from "./circuit-breaker.ts";
import type { Outcome } from "./outcome.ts";
import type { Verdict } from "./verdict.ts";

/** A breaker with a clock, and random draws from the middle (so open waits are exact). */
function circuit(config: Partial<BreakerConfig> = {}) {
  const breaker = new CircuitBreaker(config);
  const draw = { value: 0.5 };
  const random = () => draw.value;
  const world = {
    breaker,
    draw,
    now: 100_000,
    /** Calls once; records the outcome if the call was let out. */
    call(outcome: Outcome, latency = 10): Decision {
      const decision = breaker.acquire(world.now, random);
      const { epoch } = breaker;
      if (decision === "pass" || decision === "probe")
        breaker.record(outcome, epoch, latency, world.now, random);
      return decision;
    },
    calls(n: number, outcome: Outcome, latency?: number) {
      for (let i = 0; i < n; i++) world.call(outcome, latency);
    },
    acquire: () => breaker.acquire(world.now, random),
    record: (outcome: Outcome, epoch: number) => breaker.record(outcome, epoch, 10, world.now, random),
    state: () => breaker.status(world.now).state,
    reason: () => breaker.status(world.now).reason,
    pass(ms: number) {
      world.now += ms;
      return world;
    },
    /** Opens it and waits until it may be probed. */
    probing() {
      world.calls(7, "failure");
      return world.pass(1_000);
    },
    ramping() {
      world.probing().calls(3, "ok");
      return world;
    },
  };
  return world;
}

describe("a closed circuit", () => {
  it("opens after 7 hard failures in a row, and a success starts the count anew", () => {
    const c = circuit();
    c.calls(6, "failure");
    c.call("ok");
    c.pass(120_000).calls(6, "overload");
    expect(c.state()).toBe("closed");
    c.call("failure");
    expect([c.state(), c.reason()]).toEqual(["open", "consecutive-failures"]);
  });

  it("does not count 429 as a consecutive failure", () => {
    const c = circuit();
    c.calls(6, "failure");
    c.call("throttled");
    c.calls(6, "failure");
    expect(c.state()).toBe("closed");
  });

  it("opens when 95 % of 20 calls in 10 s fail, 429 included, even if no 7 fail in a row", () => {
    const c = circuit();
    c.calls(1, "ok");
    for (let n = 0; n < 19; n++) c.call(n % 5 === 0 ? "throttled" : "failure");
    expect([c.state(), c.reason()]).toEqual(["open", "failure-rate"]);
  });

  it("opens when half of 20 calls time out or cannot connect", () => {
    const c = circuit();
    for (let n = 0; n < 20; n++) c.call(n % 2 ? "overload" : "ok");
    expect([c.state(), c.reason()]).toEqual(["open", "overload-rate"]);
  });

  it("does not open when half of the calls get 503, since the others are still served", () => {
    const c = circuit();
    for (let n = 0; n < 100; n++) c.call(n % 2 ? "unavailable" : "ok");
    expect(c.state()).toBe("closed");
  });

  it("opens when 95 % of 20 calls get 503 or 429", () => {
    const c = circuit();
    c.calls(1, "ok");
    for (let n = 0; n < 19; n++) c.call(n % 5 === 0 ? "throttled" : "unavailable");
    expect([c.state(), c.reason()]).toEqual(["open", "failure-rate"]);
  });

  it("opens when 95 % of 20 calls are slow", () => {
    const c = circuit();
    c.calls(1, "ok");
    c.calls(19, "ok", 5_000);
    expect([c.state(), c.reason()]).toEqual(["open", "slow-rate"]);
  });

  it("stays closed in a partial outage and suspends retries and hedges only", () => {
    const c = circuit();
    for (let n = 0; n < 200; n++) c.pass(50).call(n % 5 < 3 ? "failure" : "ok");
    expect(c.state()).toBe("closed");
    expect(c.breaker.retriesAllowed(c.now)).toBe(false);
    for (let n = 0; n < 200; n++) c.pass(50).call(n % 5 < 2 ? "failure" : "ok");
    expect(c.breaker.retriesAllowed(c.now)).toBe(true);
  });

  it("counts nothing for ignored outcomes", () => {
    const c = circuit();
    c.calls(100, "ignored");
    expect(c.breaker.retriesAllowed(c.now)).toBe(true);
    expect(c.state()).toBe("closed");
  });
});

describe("an open circuit", () => {
  it("waits 1, 2, 4, 5, 5 s, each time until one probe", () => {
    const c = circuit();
    c.calls(7, "failure");
    for (const wait of [1_000, 2_000, 4_000, 5_000, 5_000]) {
      expect(c.breaker.rejection(c.now).retryAfter).toBe(wait);
      expect(c.pass(wait - 1).acquire()).toBe("reject");
      expect(c.pass(1).call("failure")).toBe("probe");
      expect(c.reason()).toBe("probe-failed");
    }
  });

  it("spreads its wait by 20 %, never beyond 5 s", () => {
    const c = circuit();
    c.draw.value = 0;
    c.calls(7, "failure");
    expect(c.pass(799).acquire()).toBe("reject");
    c.draw.value = 0.999_999;
    expect(c.pass(1).call("failure")).toBe("probe");
    expect(c.pass(2_399).acquire()).toBe("reject");
    for (let n = 0; n < 5; n++) expect(c.pass(5_000).call("failure")).toBe("probe");
  });

  it("ignores outcomes of calls that were sent before it opened", () => {
    const c = circuit();
    const decision = c.acquire();
    const { epoch } = c.breaker;
    c.probing();
    expect([decision, c.acquire()]).toEqual(["pass", "probe"]);
    c.record("failure", epoch);
    expect(c.state()).toBe("half-open");
    c.record("ok", epoch);
    expect(c.acquire()).toBe("reject");
  });
});

describe("a half-open circuit", () => {
  it("leases one probe at a time and lets traffic in after three successes", () => {
    const c = circuit();
    c.probing();
    for (let n = 0; n < 3; n++) {
      expect([c.acquire(), c.acquire(), c.acquire()]).toEqual(["probe", "reject", "reject"]);
      c.pass(10).record("ok", c.breaker.epoch);
    }
    expect([c.state(), c.reason()]).toEqual(["ramp", "probes-succeeded"]);
  });

  it.each(["failure", "overload", "throttled"] as const)(
    "opens again when the probe ends in %s",
    (outcome) => {
      const c = circuit().probing();
      c.call("ok");
      c.call(outcome);
      expect([c.state(), c.reason()]).toEqual(["open", "probe-failed"]);
    },
  );

  it("gives the lease back after an ignored outcome", () => {
    const c = circuit().probing();
    expect([c.call("ignored"), c.acquire()]).toEqual(["probe", "probe"]);
  });

  it("counts a probe that never came back as failed, and does not wait for it twice", () => {
    const c = circuit().probing();
    expect(c.acquire()).toBe("probe");
    expect(c.pass(4_999).acquire()).toBe("reject");
    expect(c.pass(1).acquire()).toBe("reject");
    expect([c.state(), c.reason()]).toEqual(["open", "probe-expired"]);
    expect(c.pass(60_000).acquire()).toBe("probe");
    expect(c.pass(60_000).acquire()).toBe("probe");
  });

  it("counts a probe that comes back after its lease as failed, even if nobody asked meanwhile", () => {
    const c = circuit().probing();
    expect(c.acquire()).toBe("probe");
    const { epoch } = c.breaker;
    c.pass(5_000).record("ok", epoch);
    expect([c.state(), c.reason()]).toEqual(["open", "probe-expired"]);
  });
});

describe("a recovered circuit", () => {
  it("is not opened again by what it saw before the outage ended", () => {
    const c = circuit({ threshold: Number.POSITIVE_INFINITY, probes: 1, ramp: [] });
    c.calls(20, "failure");
    c.pass(1_000).call("ok");
    expect([c.state(), c.reason()]).toEqual(["closed", "probes-succeeded"]);
    c.call("failure");
    expect(c.state()).toBe("closed");
  });
});

describe("a ramp", () => {
  it("lets in 12.5, 25, 50 and 100 % at 1 s steps, then is closed", () => {
    const c = circuit().ramping();
    const shares = [0, 1, 2, 3].map(() => {
      let passed = 0;
      for (let n = 0; n < 16; n++) {
        c.draw.value = n / 16;
        if (c.acquire() === "pass") passed++;
      }
      c.pass(1_000);
      return passed / 16;
    });
    expect(shares).toEqual([0.125, 0.25, 0.5, 1]);
    expect(c.acquire()).toBe("pass");
    expect([c.state(), c.reason()]).toEqual(["closed", "recovered"]);
  });

  it("opens again when half of its calls fail, with a longer wait than at first", () => {
    const c = circuit().ramping();
    c.draw.value = 0.1;
    c.calls(1, "ok");
    c.calls(1, "failure");
    expect(c.state()).toBe("ramp");
    c.draw.value = 0.1;
    c.calls(1, "failure");
    expect([c.state(), c.reason()]).toEqual(["open", "ramp-failed"]);
    expect(c.breaker.rejection(c.now).retryAfter).toBeGreaterThan(1_600);
  });

  it("is not judged by calls from before it", () => {
    const c = circuit();
    const epochs = Array.from({ length: 5 }, () => (c.acquire(), c.breaker.epoch));
    c.ramping();
    for (const epoch of epochs) c.record("failure", epoch);
    expect(c.state()).toBe("ramp");
  });

  it("allows no retries", () => {
    const c = circuit().ramping();
    expect(c.breaker.retriesAllowed(c.now)).toBe(false);
  });
});

describe("an operator's override", () => {
  it("holds the circuit open until it expires", () => {
    const c = circuit();
    c.breaker.override("open", c.now + 10_000, c.now);
    expect([c.acquire(), c.state(), c.reason()]).toEqual(["reject", "open", "operator"]);
    expect(c.breaker.rejection(c.now).retryAfter).toBe(10_000);
    expect(c.pass(10_000).acquire()).toBe("pass");
  });

  it("holds it closed against all failures, and what was counted meanwhile applies afterwards", () => {
    const c = circuit();
    c.breaker.override("closed", c.now + 10_000, c.now);
    c.calls(50, "failure");
    expect(c.acquire()).toBe("pass");
    c.breaker.override(undefined, 0, c.now);
    expect(c.acquire()).toBe("reject");
  });
});

describe("the region's verdict", () => {
  const verdict = (now: number, parts: Partial<Verdict>): Verdict => ({
    version: now,
    state: "closed",
    reason: "initial",
    admit: 1,
    retries: "on",
    partial: false,
    since: now,
    until: 0,
    issuedAt: now,
    maxAgeMs: 2_000,
    ...parts,
  });

  it("opens a circuit that saw no failure itself, and a transition says so", () => {
    const c = circuit();
    c.breaker.applyVerdict(
      verdict(c.now, { state: "open", reason: "overload-rate", until: c.now + 1_000 }),
      c.now,
    );
    expect(c.acquire()).toBe("reject");
    expect(c.breaker.status(c.now)).toEqual({ state: "open", reason: "overload-rate", by: "region" });
    expect(c.breaker.rejection(c.now).retryAfter).toBe(1_000);
    expect(c.breaker.transitions.map(({ to, reason }) => [to, reason])).toEqual([["open", "verdict"]]);
    expect(c.pass(1_000).acquire()).toBe("lease");
  });

  it("lets critical calls in first while it ramps up", () => {
    const c = circuit();
    c.breaker.applyVerdict(verdict(c.now, { state: "ramp", reason: "probes-succeeded" }), c.now);
    const ask = (priority: Priority) => c.breaker.acquire(c.now, () => 0.5, priority);
    const looks = Array.from({ length: 9 }, () => ask("background"));
    expect([...looks, ask("critical")]).toEqual([...Array(9).fill("reject"), "pass"]);
  });

  it("is forgotten when no news comes for 10 s (fail open)", () => {
    const c = circuit();
    c.breaker.applyVerdict(verdict(c.now, { state: "open", until: c.now + 60_000 }), c.now);
    expect(c.pass(9_999).acquire()).toBe("reject");
    expect(c.pass(1).acquire()).toBe("pass");
  });

  it("closes a locally open circuit when the region has seen the callee recover", () => {
    const c = circuit();
    c.calls(7, "failure");
    c.pass(100).breaker.applyVerdict(verdict(c.now, { state: "ramp", reason: "probes-succeeded" }), c.now);
    c.draw.value = 0;
    expect(c.acquire()).toBe("pass");
    expect(c.breaker.transitions.at(-2)).toMatchObject({ from: "open", to: "closed", reason: "verdict" });
  });

  it("does not close a circuit that opened after the region's recovery", () => {
    const c = circuit();
    const recovered = verdict(c.now, { reason: "recovered" });
    c.pass(100).calls(7, "failure");
    c.breaker.applyVerdict({ ...recovered, issuedAt: c.now }, c.now);
    expect(c.state()).toBe("open");
  });

  it("switches consecutive failures off, and their opening back, in a partial outage", () => {
    const c = circuit();
    c.calls(7, "failure");
    c.breaker.applyVerdict(verdict(c.now, { partial: true, retries: "off" }), c.now);
    expect(c.state()).toBe("closed");
    c.calls(10, "failure");
    expect(c.state()).toBe("closed");
    c.calls(10, "failure");
    expect(c.reason()).toBe("failure-rate");
  });

  it("suspends retries and hedges", () => {
    const c = circuit();
    c.breaker.applyVerdict(verdict(c.now, { retries: "off" }), c.now);
    expect(c.breaker.retriesAllowed(c.now)).toBe(false);
  });

  it("sends nobody away for longer than 30 s: an order may be taken back before its end", () => {
    const c = circuit();
    const until = c.now + 598_000;
    c.breaker.applyVerdict(verdict(c.now, { reason: "operator", state: "open", until }), c.now);
    expect(c.breaker.rejection(c.now).retryAfter).toBe(30_000);
    c.breaker.override("open", until, c.now);
    expect(c.breaker.rejection(c.now).retryAfter).toBe(30_000);
  });

  it("lets an operator force the local breaker, too", () => {
    const c = circuit();
    c.calls(7, "failure");
    c.breaker.applyVerdict(verdict(c.now, { reason: "operator", until: c.now + 60_000 }), c.now);
    expect(c.acquire()).toBe("pass");
    expect(c.breaker.status(c.now).by).toBe("operator");
  });
});

describe("a breaker's state", () => {
  it("goes through JSON: a restored circuit continues where it was", () => {
    const c = circuit().probing();
    expect(c.acquire()).toBe("probe");
    const copy = new CircuitBreaker();
    copy.restore(JSON.parse(JSON.stringify(c.breaker.snapshot())));
    expect(copy.snapshot()).toEqual(c.breaker.snapshot());
    expect(copy.acquire(c.now, () => 0)).toBe("reject");
    expect(copy.acquire(c.now + 5_000, () => 0.5)).toBe("reject");
    expect(copy.acquire(c.now + 7_000, () => 0.5)).toBe("probe");
  });

  it("logs every transition with its reason and counts, and no more than 32", () => {
    const c = circuit();
    c.calls(3, "ok");
    c.probing().call("failure");
    expect(c.breaker.transitions.map(({ from, to, reason }) => `${from} > ${to}: ${reason}`)).toEqual([
      "closed > open: consecutive-failures",
      "open > half-open: wait-over",
      "half-open > open: probe-failed",
    ]);
    expect(c.breaker.transitions[0]?.counts).toMatchObject({ sent: 10, ok: 3, failure: 7 });
    for (let n = 0; n < 40; n++) c.pass(5_000).call("failure");
    expect(c.breaker.transitions).toHaveLength(32);
  });
});
