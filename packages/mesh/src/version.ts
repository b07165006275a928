/** The deployed version of a Worker, by its binding `VERSION` (`version_metadata`); undefined where there is none. */
export function versionOf(env: unknown): string | undefined {
  return (env as { VERSION?: { id?: string } } | undefined)?.VERSION?.id || undefined;
}
