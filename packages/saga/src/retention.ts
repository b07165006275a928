const DAY = 86_400_000;

/** How long a saga that has ended can be looked at, ms; as long as Cloudflare's Workflows keep theirs. */
export const RETENTION = 30 * DAY;
