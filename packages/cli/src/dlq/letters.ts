import type { DeadLetter, DeadLetterSummary } from "@weft/events/dead-letters";
import type * as z from "zod";
import { table } from "../table.ts";

/** As the operators' API gives them. */
export type Summary = z.infer<typeof DeadLetterSummary> & { service: string };
export type Letter = z.infer<typeof DeadLetter> & { service: string };

export interface Page {
  items: Summary[];
  nextCursor: string | null;
  total: number;
  degraded: string[];
}

/** What one call of a bulk operation has done. */
export interface Bulk {
  matched: number;
  settled: number;
  failed: number;
  left: number;
  before: string;
  items: Summary[];
  failures: Failure[];
  degraded: string[];
}

/** A letter that is not settled, and why. */
export interface Failure {
  service: string;
  id: string;
  reason: string;
}

/** Longest error in a table, characters. */
const ERROR_WIDTH = 60;

export function letterTable(letters: readonly Summary[]): string {
  const rows = letters.map(({ service, id, status, type, subject, attempts, lastFailedAt, error }) => [
    `${service}/${id}`,
    status,
    type ?? "(no event)",
    subject ?? "",
    String(attempts),
    lastFailedAt,
    oneLine(error),
  ]);
  return table(["LETTER", "STATUS", "TYPE", "SUBJECT", "ATTEMPTS", "LAST FAILED", "ERROR"], rows);
}

/** Nothing if there are none. */
export function failureText(failures: readonly Failure[], failed: number): string {
  if (failures.length === 0) return "";
  const rows = failures.map(({ service, id, reason }) => [`${service}/${id}`, oneLine(reason)]);
  const more = failed > failures.length ? `\nand ${failed - failures.length} more` : "";
  return `${table(["FAILED", "REASON"], rows)}${more}\n`;
}

export function pageText({ items, nextCursor, total, degraded }: Page): string {
  return [
    items.length === 0 ? "There are no such dead letters." : letterTable(items),
    items.length === 0 ? "" : `\n${items.length} of ${total}`,
    nextCursor === null ? "" : `More: --cursor ${nextCursor}`,
    degradedText(degraded),
  ]
    .filter(Boolean)
    .join("\n");
}

export function letterText(letter: Letter): string {
  const { failures, body } = letter;
  const facts = [
    ["Letter", `${letter.service}/${letter.id}`],
    ["Status", letter.reason === null ? letter.status : `${letter.status}: ${letter.reason}`],
    ["Type", letter.type ?? "(no event)"],
    ["Subject", letter.subject ?? ""],
    ["Source", letter.source],
    ["Sequence", letter.sequence === null ? "" : String(letter.sequence)],
    ["Attempts", String(letter.attempts)],
    ["First failed", letter.firstFailedAt],
    ["Settled", letter.settledAt ?? ""],
  ].filter(([, value]) => value !== "");
  const rows = failures.map(({ at, via, error }) => [at, via, error]);
  return [
    ...facts.map(([name = "", value = ""]) => `${name.padEnd(14)}${value}`),
    "",
    table(["FAILED", "VIA", "ERROR"], rows),
    "",
    JSON.stringify(body, null, 2),
  ].join("\n");
}

/** Nothing if everybody answered. */
export function degradedText(degraded: readonly string[]): string {
  return degraded.length === 0 ? "" : `Not asked, since they do not answer: ${degraded.join(", ")}`;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= ERROR_WIDTH ? line : `${line.slice(0, ERROR_WIDTH - 1)}…`;
}
