import { FINISHES, KINDS } from "./seed-items.ts";

const COUNT = 200;
const ROWS_PER_STATEMENT = 50;
const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
/** What each finish costs, as a multiple of the plainest one. */
const FINISH_FACTORS = [1, 1.2, 1.45, 1.9, 2.5];

/**
 * `prod_001` … `prod_200`, and in the log that they were added: the same shop every time. Statements of less than
 * 100 kB, D1's limit; they never overwrite.
 */
export function seed(): string[] {
  const items = Array.from({ length: COUNT }, (_, index) => item(index));
  return [
    ...insert(
      "products (key, id, name, description, price_amount, price_currency, created_at)",
      items.map(row),
    ),
    // A product that is there already may have been changed since: what was added is not told again.
    ...insert("events (id, type, subject, subject_seq, data, time, traceparent)", items.map(added)),
  ];
}

function insert(into: string, rows: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, chunk) => {
    const values = rows.slice(chunk * ROWS_PER_STATEMENT, (chunk + 1) * ROWS_PER_STATEMENT);
    return `INSERT OR IGNORE INTO ${into} VALUES\n${values.join(",\n")}`;
  });
}

interface Item {
  number: number;
  id: string;
  name: string;
  description: string;
  /** EUR cents */
  price: number;
  at: number;
}

function row({ number, id, name, description, price, at }: Item): string {
  return `(${[number, quote(id), quote(name), quote(description), price, quote("EUR"), at].join(", ")})`;
}

function added({ number, id, name, description, price, at }: Item): string {
  const data = { productId: id, name, description, price: { amount: price, currency: "EUR" } };
  const digits = (length: number) => String(number).padStart(length, "0");
  const traceparent = `00-${digits(32)}-${digits(16)}-00`;
  const texts = [JSON.stringify(data), traceparent].map(quote);
  return `(${[quote(`product.added/${id}`), quote("product.added"), quote(id), 1, texts[0], at, texts[1]].join(", ")})`;
}

function item(index: number): Item {
  // All 40 kinds in their first finish, then all in the next: neighbours in the list differ.
  const kind = KINDS[index % KINDS.length];
  const tier = Math.floor(index / KINDS.length);
  const finish = kind && FINISHES[kind.finish][tier];
  if (!kind || !finish) throw new RangeError(`There are not ${COUNT} kinds and finishes.`);
  const number = index + 1;
  return {
    number,
    id: `prod_${String(number).padStart(3, "0")}`,
    name: `${finish} ${kind.noun}`,
    description: describe(kind.description, finish),
    price: price(kind.price, tier),
    at: FIRST_DAY + index * DAY,
  };
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
