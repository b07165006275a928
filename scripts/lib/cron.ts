const bounds = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
] as const;

/**
 * Whether a cron trigger is due in the (UTC) minute of `at`. Five fields as Cloudflare reads them: numbers, `*`,
 * lists, ranges and steps; the day of the week is 1 (Sunday) to 7.
 */
export function isDue(cron: string, at: Date): boolean {
  const now = [
    at.getUTCMinutes(),
    at.getUTCHours(),
    at.getUTCDate(),
    at.getUTCMonth() + 1,
    at.getUTCDay() + 1,
  ];
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== bounds.length) throw new Error(`not a cron expression of five fields: ${cron}`);
  return bounds.every((bound, index) =>
    (fields[index] ?? "").split(",").some((part) => matches(part, now[index] ?? 0, bound)),
  );
}

function matches(part: string, value: number, [low, high]: readonly [number, number]): boolean {
  const match = /^(\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
  if (!match)
    throw new Error(`cannot read the cron field "${part}"; local triggers know numbers, *, -, / and ,`);
  const [, , from, to, step] = match;
  const first = from === undefined ? low : Number(from);
  const last = to !== undefined ? Number(to) : from === undefined || step !== undefined ? high : first;
  return value >= first && value <= last && (value - first) % Number(step ?? 1) === 0;
}
