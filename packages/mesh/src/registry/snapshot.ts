import type { Endpoint, Snapshot } from "./registration.ts";

/** A service's instances, or only their version if that is the one that the caller knows. */
export async function snapshotOf(endpoints: Endpoint[], key: string, known?: string): Promise<Snapshot> {
  const content = { key, endpoints };
  const version = await digest(JSON.stringify(content));
  return version === known ? { version } : { version, content };
}

/** The content's digest and not a counter: it also holds for a registry that has lost its memory. */
async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
