/** A letter or digit, then also the marks that combine with it. */
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/**
 * What a customer typed as an FTS5 query: every word must occur, whole or as the beginning of one. Words are quoted,
 * so operators and quotes of FTS5's own language are words like any other (https://sqlite.org/fts5.html#full_text_query_syntax).
 * Undefined for a text without a single word.
 */
export function matchExpression(query: string): string | undefined {
  const words = new Set(query.normalize("NFC").toLowerCase().match(WORD));
  if (words.size === 0) return undefined;
  return [...words].map((word) => `"${word}"*`).join(" ");
}
