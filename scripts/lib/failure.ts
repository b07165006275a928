/** A failure that the user can act on: printed without a stack, with what to do about it. */
export class Failure extends Error {
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}
