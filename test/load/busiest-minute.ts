// What a client can say of a limit by the minute, though it does not know when within a request it was counted. Pure.

const MINUTE_MS = 60_000;

/** A request that was let in, in milliseconds: it was counted in between. */
export interface Admitted {
  sentAt: number;
  answeredAt: number;
}

/** The most requests that were counted, beyond doubt, within one minute. */
export function busiestMinute(admitted: readonly Admitted[]): number {
  const bySending = admitted.toSorted((a, b) => a.sentAt - b.sentAt);
  let most = 0;
  for (const [index, { sentAt: from }] of bySending.entries()) {
    let count = 0;
    for (const { sentAt, answeredAt } of bySending.slice(index)) {
      if (sentAt > from + MINUTE_MS) break;
      if (answeredAt < from + MINUTE_MS) count += 1;
    }
    most = Math.max(most, count);
  }
  return most;
}
