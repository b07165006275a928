import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { contract } from "./contract.ts";
import { event, upcast, eventVersion } from "./event.ts";

const Person = z.object({ first: z.string(), last: z.string(), email: z.string().nullable() });
const registered = event({
  version: 3,
  data: Person,
  upcasters: {
    1: ({ name }: { name: string }) => ({ first: name.split(" ")[0], last: name.split(" ")[1] }),
    2: (old: { first: string; last: string }) => ({ ...old, email: null }),
  },
});
const ada = { first: "Ada", last: "Lovelace" };

describe("an event's versions", () => {
  it("are steps from the oldest to the newest", () => {
    expect(upcast(registered, 1, { name: "Ada Lovelace" })).toEqual({ ...ada, email: null });
    expect(upcast(registered, 2, ada)).toEqual({ ...ada, email: null });
    expect(upcast(registered, 3, { ...ada, email: "a@b" })).toEqual({ ...ada, email: "a@b" });
    expectTypeOf(upcast<typeof registered>).returns.toEqualTypeOf<z.output<typeof Person>>();
  });

  it("are checked at the newest: old data that no step repairs is refused", () => {
    expect(() => upcast(registered, 2, { first: "Ada" })).toThrow("last");
  });

  it("that are not known yet are read if they only add", () => {
    expect(upcast(registered, 4, { ...ada, email: null, born: 1815 })).toEqual({ ...ada, email: null });
    expect(() => upcast(registered, 4, { fullName: "Ada Lovelace" })).toThrow(
      expect.objectContaining({ code: "EVENT_TOO_NEW" }),
    );
  });

  it("start at 1, which needs no definition; a schema that two events share has no versions of its own", () => {
    expect(eventVersion(registered)).toBe(3);
    expect(eventVersion(Person)).toBe(1);
  });
});

describe("a contract", () => {
  const define = (version: number, ...steps: number[]) =>
    contract(
      "users",
      {},
      {
        events: {
          "user.registered": event({
            version,
            data: Person,
            upcasters: Object.fromEntries(steps.map((step) => [step, () => ada])),
          }),
        },
      },
    );

  it("takes a history without holes", () => {
    expect(() => define(1)).not.toThrow();
    expect(() => define(3, 1, 2)).not.toThrow();
  });

  it.each([
    [3, [1], "nothing turns version 2 into 3: add upcasters[2]"],
    [2, [1, 2], "upcasters[2] leads nowhere: remove it, or raise `version`"],
    [1, [0], "upcasters[0] leads nowhere"],
    [0, [], "versions are whole numbers from 1"],
    [1.5, [], "versions are whole numbers from 1"],
  ] as const)("refuses version %d with steps from %j, naming the event", (version, steps, message) => {
    expect(() => define(version, ...steps)).toThrow(`users: event "user.registered"`);
    expect(() => define(version, ...steps)).toThrow(message);
  });
});
