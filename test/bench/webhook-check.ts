// Holds what a receiver got to what was to be sent: every signature, nothing lost, nothing twice.
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Arrival } from './webhook-sink.ts';

/** The secret of each receiver, by its path. */
export type Secrets = ReadonlyMap<string, string>;

export interface Verdict {
  /** Signed rightly in both ways. */
  verified: number;
  wrong: number;
  lost: number;
  twice: number;
}

/** @param ids every receiver is to get each of them once */
export function checkArrivals(
  arrivals: readonly Arrival[],
  ids: readonly string[],
  secrets: Secrets,
): Verdict {
  const verified = arrivals.filter((arrival) => isGenuine(arrival, secrets.get(arrival.path) ?? '')).length;
  const seen = new Set(arrivals.map(nameOf));
  const wanted = [...secrets.keys()].flatMap((path) => ids.map((id) => `${path} ${id}`));
  return {
    verified,
    wrong: arrivals.length - verified,
    lost: wanted.filter((name) => !seen.has(name)).length,
    twice: arrivals.length - seen.size,
  };
}

function nameOf({ path, headers }: Arrival): string {
  return `${path} ${headers['webhook-id']}`;
}

function isGenuine({ headers, body }: Arrival, secret: string): boolean {
  const plain = createHmac('sha256', secret).update(body).digest('hex');
  if (headers['x-webhook-signature'] !== `sha256=${plain}`) return false;
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
