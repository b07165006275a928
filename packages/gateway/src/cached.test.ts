import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cached, forget } from "./cached.ts";

const entries = new Map<string, Response>();
const pending: Promise<unknown>[] = [];
const waitUntil = (work: Promise<unknown>) => void pending.push(work);
let value = 1;
const load = vi.fn<() => Promise<{ value: number }>>(async () => ({ value }));
const read = async () => {
  const answer = await cached("a/b", 10, waitUntil, load);
  await Promise.all(pending.splice(0));
  return answer.value;
};

beforeEach(() => {
  entries.clear();
  load.mockClear();
  value = 1;
  vi.stubGlobal("caches", {
    default: {
      match: async (url: string) => entries.get(url)?.clone(),
      put: async (url: string, response: Response) => void entries.set(url, response),
      delete: async (url: string) => entries.delete(url),
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

it("reads once, and again when it was told to forget", async () => {
  expect([await read(), await read()]).toEqual([1, 1]);
  expect(load).toHaveBeenCalledTimes(1);
  expect([...entries.values()][0]?.headers.get("cache-control")).toBe("max-age=10");
  value = 2;
  await forget("something else");
  expect(await read()).toBe(1);
  await forget("a/b");
  expect(await read()).toBe(2);
});

it("keeps no error", async () => {
  load.mockRejectedValueOnce(new Error("down"));
  await expect(read()).rejects.toThrow("down");
  expect(await read()).toBe(1);
});

it("reads each time where there is no cache", async () => {
  vi.stubGlobal("caches", undefined);
  expect([await read(), await read()]).toEqual([1, 1]);
  expect(load).toHaveBeenCalledTimes(2);
});
