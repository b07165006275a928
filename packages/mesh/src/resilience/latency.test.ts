import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatencyQuantile, PeakEwma } from "./latency.ts";

describe("the latency quantile", () => {
  it("is within a bucket (20 %) above the exact p95 of its samples", () => {
    const samples = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 20, maxLength: 500 });
    fc.assert(
      fc.property(samples, (latencies) => {
        const quantile = new LatencyQuantile();
        for (const latency of latencies) quantile.observe(latency);
        const sorted = latencies.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
        expect(quantile.value).toBeGreaterThanOrEqual(exact * 0.999);
        expect(quantile.value).toBeLessThanOrEqual(Math.max(1, exact * 1.2) * 1.001);
      }),
    );
  });

  it("says nothing about fewer than 20 calls", () => {
    const quantile = new LatencyQuantile();
    for (let n = 0; n < 19; n++) quantile.observe(10);
    expect(quantile.value).toBeUndefined();
  });

  it("follows a callee that has become slow, and one that has become fast again", () => {
    const quantile = new LatencyQuantile();
    const feed = (latency: number, n: number) => {
      for (let i = 0; i < n; i++) quantile.observe(latency);
      return quantile.value ?? 0;
    };
    expect(feed(10, 2_000)).toBeLessThan(13);
    expect(feed(500, 100)).toBeGreaterThan(480);
    expect(feed(10, 3_000)).toBeLessThan(13);
  });

  it("counts anything beyond 97 s as that", () => {
    const quantile = new LatencyQuantile(0.95, 1);
    quantile.observe(1e9);
    expect(quantile.value).toBeCloseTo(97_000, -4);
  });
});

describe("the peak EWMA", () => {
  it("jumps to a slow answer at once and comes back over seconds", () => {
    const ewma = new PeakEwma(0);
    ewma.observe(1_000, 0);
    expect(ewma.value(0)).toBe(1_000);
    ewma.observe(10, 1_000);
    expect(ewma.value(1_000)).toBeGreaterThan(800);
    ewma.observe(10, 30_000);
    expect(ewma.value(30_000)).toBeLessThan(100);
  });

  it("sinks without samples, so that a once slow instance is tried again", () => {
    const ewma = new PeakEwma(0);
    ewma.observe(1_000, 0);
    expect(ewma.value(60_000)).toBeLessThan(5);
  });

  it("weighs by time, not by the number of samples", () => {
    const ewma = new PeakEwma(0);
    ewma.observe(1_000, 0);
    for (let n = 0; n < 1_000; n++) ewma.observe(10, 0);
    expect(ewma.value(0)).toBe(1_000);
  });
});
