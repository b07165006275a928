import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteLength, type Outgoing, queueBatches } from "./queue-batches.ts";

const message = (seq: number, bytes: number) =>
  ({ seq, body: { data: "x".repeat(bytes) } }) as unknown as Outgoing;

describe("queueBatches", () => {
  it("keeps every message, in order, in batches of at most 100 messages and 256 KB", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 66_000 }), { maxLength: 300 });
    fc.assert(
      fc.property(sizes, (list) => {
        const messages = list.map((bytes, seq) => message(seq, bytes));
        const batches = queueBatches(messages);
        expect(batches.flat()).toEqual(messages);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(100);
          expect(batch.reduce((sum, { body }) => sum + byteLength(body), 0)).toBeLessThanOrEqual(256_000);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("fills batches", () => {
    const messages = Array.from({ length: 250 }, (_, seq) => message(seq, 10));
    expect(queueBatches(messages).map((batch) => batch.length)).toEqual([100, 100, 50]);
  });
});
