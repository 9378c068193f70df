// A time: how long ago, with the exact moment beside it for those who point at it.
import { useEffect, useState } from 'preact/hooks';
import { formatDateTime, formatRelative, NO_VALUE } from '../format';

const MINUTE_MS = 60_000;

export function Time({ iso }: { iso: string | null | undefined }) {
  const now = useNow(MINUTE_MS);
  if (iso === null || iso === undefined) return <span>{NO_VALUE}</span>;
  return (
    <time dateTime={iso} title={formatDateTime(iso)}>
      {formatRelative(iso, now)}
    </time>
  );
}

/** The present, which moves on once an interval; it stands still while `intervalMs` is null. */
export function useNow(intervalMs: number | null): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (intervalMs === null) return;
    const timer = setInterval(() => setNow(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  return now;
}
