import { newTrace } from "@weft/mesh";
import { expect, it } from "vitest";
import { SagaRecord } from "./saga-record.ts";
import { trip } from "./testing/definition.ts";
import { MemoryStore } from "./testing/memory-store.ts";

const intent = { type: "intent", step: "flight", phase: "do", attempt: 1, epoch: 1 } as const;
const done = { type: "done", step: "flight", phase: "do", attempt: 1, result: {} } as const;

function begun() {
  const store = new MemoryStore();
  const record = new SagaRecord(store, () => 1, 0);
  const { plan, hash } = trip;
  record.begin({ id: "trip-1", plan, hash, input: {}, trace: newTrace(), principal: undefined });
  return { store, record };
}
const types = ({ log }: MemoryStore) => log.map(({ type }) => type);

it("what is appended counts at once, and is written whole with the next commit", () => {
  const { store, record } = begun();
  record.append(intent);
  record.append(done);
  expect(record.progress.steps["flight"]?.do?.done).toBe(true);
  expect(types(store)).toEqual(["started"]);
  record.commit();
  expect(types(store)).toEqual(["started", "intent", "done"]);
});

it("nobody is told what is not on disk", () => {
  const { store, record } = begun();
  record.append(intent);
  record.append(done);
  expect(record.snapshot()?.results).toEqual({ flight: {} });
  expect(types(store)).toEqual(["started", "intent", "done"]);
});

it("what could not be written has not happened", () => {
  const { store, record } = begun();
  record.append(intent);
  record.commit();
  record.append(done);
  store.onAppend = () => {
    throw new Error("disk full");
  };
  expect(() => record.commit()).toThrow("disk full");
  expect(record.progress.steps["flight"]?.do).toMatchObject({ open: true, done: false });
  store.onAppend = (_, write) => write();
  record.commit();
  expect(types(store)).toEqual(["started", "intent"]);
});
