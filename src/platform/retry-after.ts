// The wait that an answer asks for: `Retry-After` (RFC 9110, section 10.2.3), or OpenAI's `retry-after-ms`.

const NUMBER = /^\d+(?:\.\d+)?$/;
const DAY_NAME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Milliseconds from `now` (epoch milliseconds), never negative; null where there is no header or no sense in it.
 * Servers also send fractions of a second, which the RFC does not know.
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const text = (header ?? '').trim();
  if (NUMBER.test(text)) return Math.ceil(Number(text) * 1000);
  // `Date.parse` reads much more than HTTP dates: "-5" is a day in May 2001.
  if (!DAY_NAME.test(text)) return null;
  // The asctime form names no zone, and is UTC all the same (section 5.6.7).
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** The same of an answer's headers: the one in milliseconds, which says it more exactly, or else the other. */
export function retryAfterIn(headers: Headers, now: number): number | null {
  const exact = headers.get('retry-after-ms') ?? '';
  return NUMBER.test(exact) ? Math.ceil(Number(exact)) : parseRetryAfter(headers.get('retry-after'), now);
}
