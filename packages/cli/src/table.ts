/** Columns as wide as their longest cell, two spaces apart, with the heading underlined. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [
    line(heading),
    line(widths.map((width) => "─".repeat(width))),
    ...rows.map((row) => line(row)),
  ].join("\n");
}
