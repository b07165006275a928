import type { InputOf } from "@weft/mesh";
import { MeshError } from "@weft/mesh";
import type { Tx } from "@weft/events";
import { and, eq, sql } from "drizzle-orm";
import type { users as contract } from "./contract.ts";
import { hashPassword, NO_ACCOUNT, verifyPassword } from "./password.ts";
import { type Database, type UserRow, users } from "./schema.ts";

type Registration = InputOf<(typeof contract)["operations"]["register"]>;
type Credentials = InputOf<(typeof contract)["operations"]["logIn"]>;

/** Adds an account. Of two that race for an id or an address the slower runs again, and sees who was faster: EMAIL_TAKEN. */
export async function openAccount(
  db: Database,
  tx: Tx,
  id: string,
  { email, name, password }: Registration,
): Promise<UserRow> {
  if (await findByEmail(db, email)) {
    throw new MeshError("EMAIL_TAKEN", {
      status: 409,
      title: "There is an account with this e-mail address",
      detail: "Sign in, or use another address.",
    });
  }
  const user = { id, email, name, passwordHash: await hashPassword(password), createdAt: tx.now };
  tx.add(db.insert(users).values(user));
  tx.rerunOn("users.id");
  tx.rerunOn("users_email");
  return user;
}

/** The account that the credentials belong to. One error for both ways of being wrong: it must not tell who has an account. */
export async function authenticate(db: Database, tx: Tx, { email, password }: Credentials): Promise<UserRow> {
  const user = await findByEmail(db, email);
  const { matches, outdated } = await verifyPassword(password, user?.passwordHash ?? NO_ACCOUNT);
  if (!user || !matches) {
    throw new MeshError("INVALID_CREDENTIALS", {
      status: 401,
      title: "The e-mail address or the password is wrong",
    });
  }
  if (outdated) {
    tx.add(
      db
        .update(users)
        .set({ passwordHash: await hashPassword(password) })
        .where(and(eq(users.id, user.id), eq(users.passwordHash, user.passwordHash))),
    );
  }
  return user;
}

function findByEmail(db: Database, email: string): Promise<UserRow | undefined> {
  return db
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, email.toLowerCase()))
    .get();
}

export function findUser(db: Database, id: string): Promise<UserRow | undefined> {
  return db.select().from(users).where(eq(users.id, id)).get();
}
