// How long an ended batch, its results and its output files are kept.

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

/** The setting `RETENTION_DAYS` in milliseconds; what is no number above 0 counts as not set. */
export function retentionMs(env: Pick<Env, 'RETENTION_DAYS'>): number {
  const days = Number(env.RETENTION_DAYS);
  return (days > 0 && Number.isFinite(days) ? days : DEFAULT_DAYS) * DAY_MS;
}
