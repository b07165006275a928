import { isDue } from "./cron.ts";
import type { WorkerConfig } from "./project.ts";

/**
 * `wrangler dev` never fires cron triggers by itself, so this does: at every full minute those that are due, and
 * once right away those that run every hour or oftener, since they are the sweeps that pick up what an earlier
 * run left behind. Goes through the local explorer, which reaches every Worker and not only the first.
 */
export function driveCrons(base: string, workers: WorkerConfig[], warn: (line: string) => void): () => void {
  const triggers = workers.flatMap(({ name, crons }) => crons.map((cron) => ({ name, cron })));
  let timer: NodeJS.Timeout | undefined;

  const fire = (due: (cron: string) => boolean): void => {
    for (const { name, cron } of triggers.filter((trigger) => due(trigger.cron))) {
      trigger(base, name, cron).catch((cause: unknown) =>
        warn(`cron "${cron}" of ${name} failed: ${String(cause)}`),
      );
    }
  };
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        const now = new Date();
        fire((cron) => isDue(cron, now));
        schedule();
      },
      60_000 - (Date.now() % 60_000),
    );
  };
  if (triggers.length > 0) {
    fire((cron) => cron.trim().split(/\s+/)[1] === "*");
    schedule();
  }
  return () => clearTimeout(timer);
}

async function trigger(base: string, worker: string, cron: string): Promise<void> {
  const url = `${base}/cdn-cgi/local/explorer/api/local/scheduled?worker=${encodeURIComponent(worker)}`;
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ cron }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}
