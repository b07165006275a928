import type { InstanceRecord } from "@weft/mesh/registry";

/** How long an instance may take to say that it is well, ms. */
const TIMEOUT = 2_000;
/** Connections that one invocation of a Worker may have open at once. */
const AT_ONCE = 6;

type Report = (record: InstanceRecord, passed: boolean) => void;

/** Asks each instance how it is. Never rejects. */
export async function checkHealth(records: readonly InstanceRecord[], report: Report): Promise<void> {
  const waiting = [...records];
  const work = async () => {
    for (let record = waiting.shift(); record; record = waiting.shift()) report(record, await isWell(record));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function isWell({ url, healthPath }: InstanceRecord): Promise<boolean> {
  try {
    const address = `${url.replace(/\/$/, "")}${healthPath}`;
    const signal = AbortSignal.timeout(TIMEOUT);
    // A redirection would lead to an address that nobody has allowed.
    const answer = await fetch(address, { signal, redirect: "manual" });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    // However it fails: it is not well.
    return false;
  }
}
