import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { CommandError } from "./command-error.ts";

/** What is wrong with how a command was given, and why. */
export type Misuse = (what: string, why: string) => CommandError;

export function misuseOf(usage: string): Misuse {
  return (what, why) => new CommandError(what, why, `Say it in one of these ways:\n${usage}`);
}

/** Throws a CommandError for options that the command does not have. */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  args: string[],
  options: O,
  misuse: Misuse,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw misuse(error instanceof Error ? error.message : String(error), "The command does not know it.");
  }
}

/** Throws a CommandError for an option that was left out. */
export function needed<K extends string>(
  values: Readonly<Partial<Record<K, string | undefined>>>,
  option: K,
  misuse: Misuse,
): string {
  const value = values[option];
  if (value?.trim()) return value;
  throw misuse(`--${option} is missing.`, "It cannot be done without it.");
}
