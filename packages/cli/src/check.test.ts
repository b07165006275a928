import { contract, query, type Contract } from "@weft/mesh";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { policyTable } from "./print.ts";
import { policyOf } from "./policy.ts";
import { deployment, type WranglerConfig } from "./project.ts";

const gateway = contract("gateway", { page: query("GET /v1/page", { output: z.object({}), allow: [] }) });
const stock = (allow: string[]) =>
  contract("stock", {
    count: query("GET /internal/count", { output: z.object({}), allow }),
    show: query("GET /v1/stock", { output: z.object({}), allow: ["gateway"] }),
  });

function worker(made: Contract, config: Partial<WranglerConfig> = {}) {
  return {
    ...deployment(made, { name: `shop-${made.name}`, ...config }),
    config: `workers/${made.name}/wrangler.toml`,
    contractPath: `workers/${made.name}/src/contract.ts`,
  };
}
const toStock = { binding: "STOCK", service: "shop-stock", props: { caller: "gateway" } };
const bound = worker(gateway, { services: [toStock] });
const operators = worker(contract("control", {}), {
  services: [{ ...toStock, props: { caller: "control" } }],
});
const sound = [bound, worker(stock(["gateway"]))];

const rules = (...mesh: ReturnType<typeof worker>[]) => check(mesh).map(({ rule }) => rule);

describe("weft check", () => {
  it("has nothing to say about a sound mesh", () => {
    expect(check(sound)).toEqual([]);
  });

  it.each<[string, Partial<WranglerConfig>]>([
    ["no props", { services: [{ binding: "STOCK", service: "shop-stock" }] }],
    ["somebody else's name", { services: [{ ...toStock, props: { caller: "control" } }] }],
  ])("finds a binding with %s, and says what, why and how to fix it", (_, config) => {
    expect(check([worker(gateway, config), worker(stock(["gateway"]))])).toEqual([
      {
        rule: "caller",
        file: "workers/gateway/wrangler.toml",
        what: expect.stringContaining("Binding STOCK"),
        why: expect.any(String),
        fix: 'Give it props = { caller = "gateway" }.',
      },
    ]);
  });

  it("finds a permission without a binding, and one for a Worker that does not exist", () => {
    const other = worker(contract("other", {}));
    expect(rules(bound, other, worker(stock(["gateway", "other"])))).toEqual(["allow"]);
    expect(rules(bound, worker(stock(["gateway", "ghost"])))).toEqual(["allow"]);
  });

  it("finds a binding that no operation answers", () => {
    const other = worker(contract("other", {}), {
      services: [{ ...toStock, props: { caller: "other" } }],
    });
    expect(rules(bound, other, worker(stock(["gateway"])))).toEqual(["binding"]);
  });

  it("finds a binding that leads nowhere, or has another name than calls look for", () => {
    const services = (changed: object) =>
      worker(gateway, { services: [toStock, { ...toStock, ...changed }] });
    expect(rules(services({ service: "shop-stok" }), worker(stock(["gateway"])))).toEqual(["target"]);
    expect(rules(services({ binding: "SHELF" }), worker(stock(["gateway"])))).toEqual(["target"]);
  });

  it("finds a public operation that the gateway may not call", () => {
    const hidden = contract("stock", {
      count: query("GET /internal/count", { output: z.object({}), allow: ["gateway"] }),
      show: query("GET /v1/stock", { output: z.object({}), allow: [] }),
    });
    expect(rules(bound, worker(hidden))).toEqual(["public"]);
  });

  it.each<[string, Partial<WranglerConfig>, string[]]>([
    [
      "a consumer that throws messages away",
      {
        queues: { producers: [{ binding: "Q", queue: "q" }], consumers: [{ queue: "q" }] },
        triggers: { crons: ["* * * * *"] },
      },
      ["dead-letter"],
    ],
    [
      "a queue without a consumer, and a publisher without a cron",
      { queues: { producers: [{ binding: "Q", queue: "q" }] } },
      ["queue", "cron"],
    ],
    [
      "a queue without a producer, and a subscriber without a cron",
      { queues: { consumers: [{ queue: "q", dead_letter_queue: "q-dlq" }, { queue: "q-dlq" }] } },
      ["queue", "cron"],
    ],
    [
      "a dead-letter queue that nobody consumes",
      {
        queues: {
          producers: [{ binding: "Q", queue: "q" }],
          consumers: [{ queue: "q", dead_letter_queue: "q-dlq" }],
        },
        triggers: { crons: ["* * * * *"] },
      },
      ["dead-letter"],
    ],
    [
      "a dead-letter queue that is not known by its name",
      {
        queues: {
          producers: [{ binding: "Q", queue: "q" }],
          consumers: [{ queue: "q", dead_letter_queue: "dead" }, { queue: "dead" }],
        },
        triggers: { crons: ["* * * * *"] },
      },
      ["dead-letter"],
    ],
    [
      "a Durable Object without SQLite",
      { durable_objects: { bindings: [{ name: "O", class_name: "Thing" }] } },
      ["object"],
    ],
  ])("finds %s", (_, config, found) => {
    expect(rules(bound, operators, worker(stock(["gateway", "control"]), config))).toEqual(found);
  });

  it("finds a subscriber whose dead letters the operators cannot reach", () => {
    const config: Partial<WranglerConfig> = {
      queues: {
        producers: [{ binding: "Q", queue: "q" }],
        consumers: [{ queue: "q", dead_letter_queue: "q-dlq" }, { queue: "q-dlq" }],
      },
      triggers: { crons: ["* * * * *"] },
    };
    const control = worker(contract("control", {}));
    expect(new Set(rules(bound, control, worker(stock(["gateway"]), config)))).toEqual(new Set(["allow"]));
    expect(rules(bound, operators, worker(stock(["gateway"]), config))).toEqual([]);
  });

  it("takes a Durable Object of another Worker, and one that is declared in either way, as they are", () => {
    const config: Partial<WranglerConfig> = {
      durable_objects: {
        bindings: [
          { name: "A", class_name: "Elsewhere", script_name: "shop-other" },
          { name: "B", class_name: "Migrated" },
        ],
      },
      migrations: [{ new_sqlite_classes: ["Migrated"] }],
      exports: { Exported: { type: "durable-object", storage: "sqlite" } },
    };
    expect(rules(bound, worker(stock(["gateway"]), config))).toEqual([]);
  });
});

describe("weft policy", () => {
  it("tells allowed edges from permissions without a binding and bindings without a permission", () => {
    const other = worker(contract("other", {}), { services: [{ ...toStock, props: { caller: "other" } }] });
    const edges = policyOf([bound, other, worker(stock(["gateway", "ghost"]))]);
    expect(edges.map(({ caller, operation, state }) => [caller, operation?.id, state])).toEqual([
      ["gateway", "stock.count", "allowed"],
      ["gateway", "stock.show", "allowed"],
      ["gateway", "stock.health", "allowed"],
      ["ghost", "stock.count", "no-binding"],
      ["other", undefined, "no-operation"],
    ]);
    expect(policyTable(edges)).toContain("3 edges are allowed");
  });
});
