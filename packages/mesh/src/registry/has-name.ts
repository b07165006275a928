/** Tells errors of other libraries apart, whose prototypes may come from another copy of them. */
export function hasName(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
