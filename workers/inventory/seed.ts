const COUNT = 200;
const UNITS = 1_000_000;
/** For trying out what a shop does without stock. */
const EMPTY = "prod_013";

/** Stock of `prod_001` … `prod_200`. Never overwrites: a second start keeps what was sold. */
export function seed(): string[] {
  const rows = Array.from({ length: COUNT }, (_, index) => {
    const id = `prod_${String(index + 1).padStart(3, "0")}`;
    const units = id === EMPTY ? 0 : UNITS;
    return `('${id}', ${units}, ${units})`;
  });
  return [`INSERT OR IGNORE INTO stock (product_id, available, received) VALUES\n${rows.join(",\n")}`];
}
