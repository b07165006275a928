import { callees, type Deployment, operationsOf, policyOf, readProject } from "@weft/cli";
import {
  type Context,
  newTrace,
  type Operation,
  type Principal,
  rootContext,
  writeContext,
} from "@weft/mesh";
import type { TestMesh } from "@weft/testkit/mesh";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../../scripts/lib/project.ts";
import { probe, startShop } from "./shop.ts";

const STRANGER = "stranger";
const project: Deployment[] = await readProject(root);
const called = callees(project);
const callers = [...project.map(({ name }) => name), STRANGER];
const edges = called.flatMap((callee) => callers.map((caller) => probe(caller, callee.name)));
const allowed = new Set(
  policyOf(project)
    .filter(({ state }) => state === "allowed")
    .map(({ caller, operation }) => `${caller} -> ${operation?.id}`),
);

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await startShop([], { probes: edges });
});
afterAll(() => mesh.close());

/** A request that no handler ever works on: whoever is let in learns that its body or its principal is not good. */
function harmless(operation: Operation, context: Context = rootContext(newTrace())): Request {
  const headers = new Headers();
  writeContext(headers, context, 0);
  const path = operation.path.replaceAll(/:\w+/g, "nothing");
  const { method } = operation;
  if (operation.safe) return new Request(`http://mesh${path}`, { method, headers });
  headers.set("content-type", "application/json");
  return new Request(`http://mesh${path}`, { method, headers, body: "{" });
}

interface Outcome {
  status: number;
  code: string | undefined;
}

async function call(caller: string, operation: Operation, context?: Context): Promise<Outcome> {
  const answer = await mesh.as(probe(caller, operation.service)).fetch(harmless(operation, context));
  const { code } = (await answer.json()) as { code?: string };
  return { status: answer.status, code };
}

const isRefused = ({ status, code }: Outcome) => status === 403 && code === "CALLER_NOT_ALLOWED";

describe("the policy", () => {
  it("is neither empty nor everything", () => {
    expect(allowed.size).toBeGreaterThan(40);
    expect(callers).toContain("gateway");
    expect(called.map(({ name }) => name)).not.toContain("gateway");
  });

  it.each(callers)(
    "is what the Workers do: %s is let in where it is named, and nowhere else",
    async (caller) => {
      const pairs = called.flatMap((callee) => operationsOf(callee));
      const outcomes = await Promise.all(
        pairs.map(async (operation) => ({ operation, outcome: await call(caller, operation) })),
      );
      const wrong = outcomes.filter(
        ({ operation, outcome }) => isRefused(outcome) === allowed.has(`${caller} -> ${operation.id}`),
      );
      expect(
        wrong.map(({ operation, outcome }) => `${caller} -> ${operation.id}: ${JSON.stringify(outcome)}`),
      ).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(40);
      // Let in means answered, not broken.
      expect(outcomes.filter(({ outcome }) => outcome.status >= 500)).toEqual([]);
    },
  );
});

describe("the principal", () => {
  const as = (principal?: Principal) => rootContext(newTrace(), { principal });
  const operation = (name: string, id: string) => {
    const found = called.find((callee) => callee.name === name)?.contract.operations[id];
    if (!found) throw new Error(`There is no ${name}.${id}.`);
    return found;
  };

  it("is asked for where the contract does, with the scope that it names", async () => {
    const audit = operation("control", "audit");
    expect(await call("gateway", audit, as())).toEqual({ status: 401, code: "AUTHENTICATION_REQUIRED" });
    expect(await call("gateway", audit, as({ sub: "usr_1", scopes: [] }))).toEqual({
      status: 403,
      code: "FORBIDDEN",
    });
    expect(await call("gateway", audit, as({ sub: "usr_1", scopes: ["operator"] }))).toMatchObject({
      status: 200,
    });
  });

  it("buys a caller nothing that its name does not", async () => {
    const operator = as({ sub: "operator", scopes: ["operator"] });
    expect(await call("checkout", operation("control", "audit"), operator)).toEqual({
      status: 403,
      code: "CALLER_NOT_ALLOWED",
    });
  });

  it("is the token's, all the way to the row: an order belongs to whoever signed in", async () => {
    const [ada, bob] = await Promise.all([mesh.shop.signUp(), mesh.shop.signUp()]);
    const placed = await ada.buy();
    expect(placed.status).toBe(201);
    const me = (await ada.get("/v1/users/me")).body;
    expect(await mesh.sql("shop-orders", "SELECT user_id FROM orders WHERE id = ?", placed.body.id)).toEqual([
      { user_id: me.id },
    ]);
    expect((await bob.get(`/v1/orders/${placed.body.id}`)).status).toBe(404);
    expect((await ada.get(`/v1/orders/${placed.body.id}`)).status).toBe(200);
  });
});
