// Fetches URLs that clients chose, once they are seen to lead to the public internet (server-side request forgery).
// Known gap: without a resolver (`DNS_OVER_HTTPS_URL`) a public name that points to a private address is stopped by
// Cloudflare's network alone, from which a Worker reaches no private address.
import { resolvedFault } from './resolve-host';
import { hostFault, isAddress } from './target-address';
import type { TargetFault } from './target-fault';

export interface TargetPolicy {
  /** Lifts the rules on address, name, port and plain http: for local runs. */
  allowPrivate: boolean;
  /** Allowed beside the usual ones. */
  ports?: readonly string[];
  /** The JSON API of a DNS-over-HTTPS resolver that says where names lead; null or left out, and none is asked. */
  resolverUrl?: string | null;
}

type TargetCheck = { ok: true; url: URL } | { ok: false; reason: TargetFault };

/** The ports that web servers on the internet answer at; elsewhere a POST could reach some other protocol. */
const PUBLIC_PORTS = ['443', '80'];

/** A URL that was not fetched. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly reason: TargetFault;

  constructor(reason: TargetFault) {
    super(reason[0]);
    this.reason = reason;
  }
}

/** Whether a client's URL may be fetched, going by its text alone. */
export function checkTarget(url: string, policy: TargetPolicy): TargetCheck {
  // The one parser for check and fetch: hosts are judged as `fetch` will read them, whatever notation they came in.
  const parsed = URL.parse(url);
  if (parsed === null) return { ok: false, reason: ['url_incomplete'] };
  const reason = targetFault(parsed, policy);
  return reason === null ? { ok: true, url: parsed } : { ok: false, reason };
}

/**
 * Checks a client's URL, with the resolver where there is one, and fetches it. Redirects come back as they are: their
 * target would have to be checked too.
 *
 * @throws TargetError before anything is sent
 */
export async function guardedFetch(
  url: string,
  init: Omit<RequestInit, 'redirect'>,
  policy: TargetPolicy,
): Promise<Response> {
  const target = checkTarget(url, policy);
  if (!target.ok) throw new TargetError(target.reason);
  const { href, hostname } = target.url;
  if (policy.resolverUrl && !policy.allowPrivate && !isAddress(hostname)) {
    const fault = await resolvedFault(hostname, policy.resolverUrl, Date.now(), init.signal);
    if (fault !== null) throw new TargetError(fault);
  }
  return fetch(href, { ...init, redirect: 'manual' });
}

function targetFault(url: URL, { allowPrivate, ports = [] }: TargetPolicy): TargetFault | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return [allowPrivate ? 'url_not_http' : 'url_not_https'];
  }
  if (url.protocol === 'http:' && !allowPrivate) return ['url_plain_http'];
  if (url.username !== '' || url.password !== '') return ['url_credentials'];
  if (allowPrivate) return null;
  return hostFault(url.hostname) ?? portFault(url.port, [...PUBLIC_PORTS, ...ports]);
}

/** The default port of `https:` is left out of a parsed URL. */
function portFault(port: string, allowed: readonly string[]): TargetFault | null {
  if (port === '' || allowed.includes(port)) return null;
  return ['port_refused', port, allowed];
}
