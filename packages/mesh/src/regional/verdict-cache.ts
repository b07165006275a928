import { validUntil, type Verdict } from "../resilience/verdict.ts";

/** The data centre's cache: one isolate's news is everybody's. */
const urlOf = (name: string) => `https://circuits.weft.internal/${encodeURIComponent(name)}`;

/** Missing outside Workers. */
function dataCentreCache(): Cache | undefined {
  return typeof caches === "undefined" ? undefined : (caches as unknown as { default?: Cache }).default;
}

export async function readVerdict(name: string): Promise<Verdict | undefined> {
  const found = await dataCentreCache()?.match(urlOf(name));
  return found?.json<Verdict>();
}

export async function writeVerdict(name: string, verdict: Verdict): Promise<void> {
  const maxAge = Math.ceil((validUntil(verdict) - verdict.issuedAt) / 1_000);
  const headers = { "cache-control": `max-age=${maxAge}` };
  await dataCentreCache()?.put(urlOf(name), Response.json(verdict, { headers }));
}
