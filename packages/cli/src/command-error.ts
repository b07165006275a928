/** Why a command could not do its work, for the person who gave it: what happened, why, and what to do about it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly why: string;
  readonly fix: string;

  constructor(what: string, why: string, fix: string) {
    super(what);
    this.why = why;
    this.fix = fix;
  }
}

export function commandErrorText({ message, why, fix }: CommandError): string {
  return `${message}\n  Why: ${why}\n  Fix: ${fix}`;
}
