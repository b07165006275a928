import type { Rule } from "../finding.ts";

/** Durable Objects keep their state in SQLite, which is transactional. */
export const objectsUseSqlite: Rule = (mesh) =>
  mesh.flatMap(({ config, objects, sqliteObjects }) =>
    objects
      .filter((name) => !sqliteObjects.includes(name))
      .map((name) => ({
        rule: "object",
        file: config,
        what: `The Durable Object class ${name} is not declared with SQLite storage.`,
        why: "It is not deployed at all, or gets the older storage without transactions over several keys.",
        fix: `Add [exports.${name}] with type = "durable-object" and storage = "sqlite".`,
      })),
  );
