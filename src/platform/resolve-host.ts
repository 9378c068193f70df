// Asks a DNS-over-HTTPS resolver, by its JSON API, whether a name leads to public addresses alone.
// Known gap: whoever connects resolves again; a name that changes its address in between is not seen.
import * as z from 'zod';
import { readBytes } from './strict-json';
import { isPublicAddress } from './target-address';
import type { TargetFault } from './target-fault';

const ANSWER_TIMEOUT_MS = 5_000;

/** Some hundred addresses. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

/** A burst of requests to one name asks once; a name that moves is seen soon. */
const CACHE_MS = 30_000;
const CACHED_NAMES_LIMIT = 1_000;

/** Record types with addresses (RFC 1035, RFC 3596). Aliases on the way to them are in the same answer. */
const ADDRESS_TYPES = [1, 28];

const dnsAnswer = z.object({
  Status: z.literal(0),
  Answer: z.array(z.object({ type: z.number(), data: z.string() })).optional(),
});

const cache = new Map<string, { fault: TargetFault | null; until: number }>();

/**
 * Why a name must not be called, or null. One that cannot be resolved must not be: what is not
 * known may be private.
 */
export async function resolvedFault(
  name: string,
  resolverUrl: string,
  now: number,
  signal?: AbortSignal | null,
): Promise<TargetFault | null> {
  const cached = cache.get(name);
  if (cached !== undefined && cached.until > now) return cached.fault;
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), ANSWER_TIMEOUT_MS);
  const signals = AbortSignal.any(signal ? [signal, timeout.signal] : [timeout.signal]);
  try {
    const answers = await Promise.all(ADDRESS_TYPES.map((type) => ask(name, type, resolverUrl, signals)));
    const addresses = answers.flat();
    if (addresses.length === 0) return unresolved(name);
    const isPublic = addresses.every(isPublicAddress);
    const fault: TargetFault | null = isPublic ? null : ['name_leads_inside', name];
    remember(name, fault, now + CACHE_MS);
    return fault;
  } catch (error) {
    console.warn(JSON.stringify({ event: 'dns.failed', cause: String(error) }));
    return unresolved(name);
  } finally {
    clearTimeout(timer);
  }
}

async function ask(name: string, type: number, resolverUrl: string, signal: AbortSignal): Promise<string[]> {
  const url = new URL(resolverUrl);
  url.searchParams.set('name', name);
  url.searchParams.set('type', String(type));
  const response = await fetch(url.href, {
    headers: { Accept: 'application/dns-json' },
    redirect: 'manual',
    signal,
  });
  const bytes = await readBytes(response.body, ANSWER_LIMIT_BYTES);
  if (!response.ok || bytes === null) throw new Error(`the resolver answered with HTTP ${response.status}`);
  const { Answer: records = [] } = dnsAnswer.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return records.filter((record) => ADDRESS_TYPES.includes(record.type)).map(({ data }) => data);
}

function remember(name: string, fault: TargetFault | null, until: number): void {
  const [oldest] = cache.keys();
  if (cache.size >= CACHED_NAMES_LIMIT && oldest !== undefined) cache.delete(oldest);
  cache.delete(name);
  cache.set(name, { fault, until });
}

function unresolved(name: string): TargetFault {
  return ['name_unresolved', name];
}
