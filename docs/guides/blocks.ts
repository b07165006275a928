import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { root } from "../../scripts/lib/project.ts";

/** Names its file if it is one of several that import each other: `// workers/reviews/src/index.ts`. */
const FILE = /^\/\/ (workers\/[\w/.-]+\.ts)\n/;

/**
 * Writes the TypeScript blocks of guides into a folder: those that name a file to `<guide>/<file>`, where each finds
 * the others, the rest side by side. Returns the files.
 */
export function writeBlocks(folder: string, guides = globSync("docs/guides/*.md", { cwd: root })): string[] {
  return guides.flatMap((guide) => {
    const name = basename(guide, ".md");
    const text = readFileSync(join(root, guide), "utf8");
    return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""], index) => {
      const [, file] = FILE.exec(code) ?? [];
      const target = file ? join(folder, name, file) : join(folder, `${name}-${index}.ts`);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, file ? withNeighbours(code, target, join(folder, name)) : code);
      return target;
    });
  });
}

/** A service that only the guide has is a file beside the one that imports its contract. */
function withNeighbours(code: string, target: string, folder: string): string {
  return code.replaceAll(/"@shop\/(reviews|ratings)\/contract"/g, (_, worker: string) => {
    const file = join(folder, "workers", worker, "src/contract.ts");
    return JSON.stringify(relative(dirname(target), file));
  });
}
