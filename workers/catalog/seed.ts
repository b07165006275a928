import { FINISHES, KINDS } from "./seed-items.ts";

const COUNT = 200;
const ROWS_PER_STATEMENT = 50;
const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
/** What each finish costs, as a multiple of the plainest one. */
const FINISH_FACTORS = [1, 1.2, 1.45, 1.9, 2.5];

/** `prod_001` … `prod_200`: the same shop every time. Statements of less than 100 kB, D1's limit; they never overwrite. */
export function seed(): string[] {
  const rows = Array.from({ length: COUNT }, (_, index) => row(index));
  return Array.from({ length: Math.ceil(COUNT / ROWS_PER_STATEMENT) }, (_, chunk) => {
    const values = rows.slice(chunk * ROWS_PER_STATEMENT, (chunk + 1) * ROWS_PER_STATEMENT);
    return `INSERT OR IGNORE INTO products (key, id, name, description, price_amount, price_currency, created_at) VALUES\n${values.join(",\n")}`;
  });
}

function row(index: number): string {
  // All 40 kinds in their first finish, then all in the next: neighbours in the list differ.
  const kind = KINDS[index % KINDS.length];
  const tier = Math.floor(index / KINDS.length);
  const finish = kind && FINISHES[kind.finish][tier];
  if (!kind || !finish) throw new RangeError(`There are not ${COUNT} kinds and finishes.`);
  const number = index + 1;
  const values = [
    number,
    quote(`prod_${String(number).padStart(3, "0")}`),
    quote(`${finish} ${kind.noun}`),
    quote(describe(kind.description, finish)),
    price(kind.price, tier),
    quote("EUR"),
    FIRST_DAY + index * DAY,
  ];
  return `(${values.join(", ")})`;
}

/** The article fits the finish: an oak board, a pine board. */
function describe(template: string, finish: string): string {
  if (template.startsWith("{")) return template.replace("{finish}", finish);
  const article = /^[AEIO]/.test(finish) ? "An" : "A";
  return template.replace(/^A (?=\{)/, `${article} `).replace("{finish}", finish.toLowerCase());
}

function price(plainest: number, tier: number): number {
  return Math.round((plainest * (FINISH_FACTORS[tier] ?? 1)) / 10) * 10 + 9;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
