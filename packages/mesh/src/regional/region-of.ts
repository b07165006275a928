/**
 * The part of the world that a request came in at: the continent of the data centre, so that verdicts are shared by
 * those who reach a callee the same way. Undefined where the platform does not say.
 */
export function regionOf(request: Request): string | undefined {
  return (request as { cf?: { continent?: string } }).cf?.continent;
}
