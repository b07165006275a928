/** Missing outside Workers. */
function dataCentreCache(): Cache | undefined {
  return typeof caches === "undefined" ? undefined : (caches as unknown as { default?: Cache }).default;
}

/** The host is never resolved: it only names entries. */
const urlOf = (name: string) => `https://cache.weft.internal/${encodeURIComponent(name)}`;

/**
 * Something that the data centre has read within the last `ttl` seconds, or else what `load` reads now. It is as old as
 * `ttl` at most, whatever becomes of the hints that call `forget`. Errors are not kept.
 */
export async function cached<T>(
  name: string,
  ttl: number,
  waitUntil: (work: Promise<unknown>) => void,
  load: () => Promise<T>,
): Promise<T> {
  const cache = dataCentreCache();
  const found = await cache?.match(urlOf(name));
  if (found) return found.json<T>();
  const value = await load();
  const headers = { "cache-control": `max-age=${ttl}` };
  if (cache) waitUntil(cache.put(urlOf(name), Response.json(value, { headers })));
  return value;
}

/** In this data centre alone. */
export async function forget(name: string): Promise<void> {
  await dataCentreCache()?.delete(urlOf(name));
}
