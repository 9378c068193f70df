// What an OpenAI-compatible upstream says when it fails: by its status, inside an answer of 200, or amid a stream.
import type { ApiError } from '../../contract/errors';
import { retryAfterIn } from '../../platform/retry-after';
import type { Upstream } from '../provider';
import { providerError } from '../provider-error';

/** An error body is words for people; more than this is something else. */
const ERROR_BODY_LIMIT_CHARACTERS = 16_384;

/** What we look for in an error, or in what an error is wrapped in. */
interface ErrorValue {
  error?: unknown;
  message?: unknown;
  detail?: unknown;
  code?: unknown;
  type?: unknown;
}

interface Words {
  message: string;
  code: string | null;
  type: string | null;
}

/** An answer with a status that is no success. */
export async function statusError({ provider, key }: Upstream, response: Response): Promise<ApiError> {
  const text = (await response.text().catch(() => '')).slice(0, ERROR_BODY_LIMIT_CHARACTERS);
  const { message, code, type } = wordsOf(parse(text)) ?? wordsOf(text.trim() || 'no message') ?? NO_WORDS;
  const retryAfterMs = retryAfterIn(response.headers, Date.now());
  return providerError({ provider, status: response.status, message, code: code ?? type, retryAfterMs, key });
}

/** An error where an answer, or a part of one, was to be; its own code or type stands for the status. */
export function embeddedError({ provider, key }: Upstream, value: unknown): ApiError {
  const { message, code, type } = wordsOf(value) ?? NO_WORDS;
  const status = statusOf(code) ?? statusOf(type);
  return providerError({ provider, status, message, code: code ?? type, key });
}

const NO_WORDS: Words = {
  message: 'the answer is neither a completion nor an error',
  code: null,
  type: null,
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page, say.
    return null;
  }
}

/** `{error: {message, code}}`, `{error: "…"}`, `{message}`, `{detail}` or plain text; Google puts it in an array. */
function wordsOf(value: unknown): Words | null {
  const body: unknown = Array.isArray(value) ? value[0] : value;
  const error = isObject(body) ? (body.error ?? body) : body;
  if (typeof error === 'string') return { message: error, code: null, type: null };
  if (!isObject(error)) return null;
  const message = error.message ?? error.detail;
  if (typeof message !== 'string') return null;
  return { message, code: wordOf(error.code), type: wordOf(error.type) };
}

function isObject(value: unknown): value is ErrorValue {
  return typeof value === 'object' && value !== null;
}

function wordOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function statusOf(word: string | null): number | null {
  const status = Number(word ?? Number.NaN);
  if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  if (word === null) return null;
  if (/rate_limit|quota|exhausted/i.test(word)) return 429;
  if (/overloaded|unavailable/i.test(word)) return 503;
  if (/server_error|internal/i.test(word)) return 500;
  return /invalid_request|context_length|content_(policy|filter)/i.test(word) ? 400 : null;
}
