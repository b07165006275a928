import type * as Crypto from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ada, startUsers } from "../test/users-service.ts";
import { users as contract } from "./contract.ts";
import { hashPassword } from "./password.ts";
import { users } from "./schema.ts";

// Counts the hashes and what they would cost, and makes them cheap.
const scrypt = vi.hoisted(() => vi.fn<(...args: [string, Buffer, number, object, never]) => void>());
vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof Crypto>();
  scrypt.mockImplementation((password, salt, length, _, done) =>
    crypto.scrypt(password, salt, length, { N: 2 }, done),
  );
  return { ...crypto, scrypt };
});

const failure = (code: string, status: number) => expect.objectContaining({ code, status }) as Error;

let service: ReturnType<typeof startUsers>;
beforeEach(() => {
  service = startUsers();
  scrypt.mockClear();
});

describe("register", () => {
  it("opens an account and answers with nothing secret", async () => {
    const user = await service.gateway.register(ada);
    expect(user).toEqual({ id: expect.any(String) as string, email: "Ada@Example.com", name: "Ada" });
    expect(await service.signedInAs(user.id).me({})).toEqual(user);
  });

  it("takes an e-mail address once, however it is written", async () => {
    await service.gateway.register(ada);
    await expect(service.gateway.register({ ...ada, email: "aDA@exAMPLE.com" })).rejects.toEqual(
      failure("EMAIL_TAKEN", 409),
    );
  });

  it("takes an e-mail address once when two register it at the same moment", async () => {
    const results = await Promise.allSettled([1, 2, 3].map(() => service.gateway.register(ada)));
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    const losers = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as Error] : [],
    );
    expect(losers).toEqual([failure("EMAIL_TAKEN", 409), failure("EMAIL_TAKEN", 409)]);
    expect(await service.db.$count(users)).toBe(1);
  });

  it("opens one account for one key, also when its first answer was lost or is not there yet", async () => {
    const again = { idempotencyKey: "01KEY" };
    const accounts = await Promise.all([1, 2, 3].map(() => service.gateway.register(ada, again)));
    accounts.push(await service.gateway.register(ada, again));
    expect(accounts).toEqual(Array(4).fill({ id: "01KEY", email: ada.email, name: ada.name }));
    await expect(service.gateway.register(ada, { idempotencyKey: "02KEY" })).rejects.toEqual(
      failure("EMAIL_TAKEN", 409),
    );
  });

  it("refuses a password whose length would cost too much, before it costs anything", async () => {
    const gateway = service.served.binding("gateway");
    const body = JSON.stringify({ ...ada, password: "x".repeat(201) });
    const request = new Request("http://mesh/v1/users", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect((await gateway.fetch(request)).status).toBe(400);
    expect(scrypt).not.toHaveBeenCalled();
  });
});

it.each(["Ada\u0000", "A\nda", "\u001b[31mAda", "Ada\u0085x"])("refuses the name %j", async (name) => {
  await expect(service.gateway.register({ ...ada, name })).rejects.toMatchObject({
    code: "VALIDATION_FAILED",
    errors: [{ pointer: "/name" }],
  });
});

describe("logIn", () => {
  it("takes the e-mail address in any case", async () => {
    await service.gateway.register(ada);
    const session = await service.gateway.logIn({ ...ada, email: "ada@EXAMPLE.com" });
    expect(session).toEqual({
      accessToken: expect.any(String) as string,
      tokenType: "Bearer",
      expiresIn: 3600,
    });
  });

  it("gives the same answer for a wrong password and for an unknown address", async () => {
    await service.gateway.register(ada);
    const answers = await Promise.allSettled([
      service.gateway.logIn({ ...ada, password: "wrong" }),
      service.gateway.logIn({ ...ada, email: "bob@example.com" }),
    ]);
    const [wrong, unknown] = answers.map((answer) =>
      answer.status === "rejected" ? (answer.reason as Error) : undefined,
    );
    expect(wrong).toEqual(failure("INVALID_CREDENTIALS", 401));
    expect(unknown?.message).toBe(wrong?.message);
  });

  it("does the same work for a wrong password and for an unknown address", async () => {
    await service.gateway.register(ada);
    scrypt.mockClear();
    await expect(service.gateway.logIn({ ...ada, password: "wrong" })).rejects.toThrow("INVALID_CREDENTIALS");
    await expect(service.gateway.logIn({ ...ada, email: "bob@example.com" })).rejects.toThrow(
      "INVALID_CREDENTIALS",
    );
    const costs = scrypt.mock.calls.map(([, , length, options]) => [length, options] as unknown);
    expect(costs).toHaveLength(2);
    expect(costs[1]).toEqual(costs[0]);
  });

  it("replaces a hash that was made with other costs, once the password is known to be right", async () => {
    const { id } = await service.gateway.register(ada);
    const weak = await hashPassword(ada.password, { ln: 4, r: 8, p: 1 });
    await service.db.update(users).set({ passwordHash: weak });
    const stored = async () =>
      (await service.db.select().from(users).where(eq(users.id, id)).get())?.passwordHash;

    await expect(service.gateway.logIn({ ...ada, password: "wrong" })).rejects.toThrow("INVALID_CREDENTIALS");
    expect(await stored()).toBe(weak);
    await service.gateway.logIn(ada);
    expect(await stored()).toMatch(/^\$scrypt\$ln=14,/);
    await service.gateway.logIn(ada);
  });
});

describe("who may ask", () => {
  it("me: an account that is gone has no valid token any more", async () => {
    await expect(service.signedInAs("gone").me({})).rejects.toEqual(failure("TOKEN_INVALID", 401));
    await expect(service.gateway.me({})).rejects.toEqual(failure("AUTHENTICATION_REQUIRED", 401));
  });

  it("getContact: notifications, and nobody else", async () => {
    const user = await service.gateway.register(ada);
    const notifications = service.served.client(contract, { caller: "notifications" });
    expect(await notifications.getContact({ id: user.id })).toEqual(user);
    await expect(notifications.getContact({ id: "gone" })).rejects.toEqual(failure("USER_NOT_FOUND", 404));
    await expect(service.gateway.getContact({ id: user.id })).rejects.toEqual(
      failure("CALLER_NOT_ALLOWED", 403),
    );
  });
});
