// Makes one attempt to deliver a webhook and says what came of it.
import { enReasons, tell } from '../contract/messages/en-reasons';
import { cutText } from '../platform/cut-text';
import { guardedFetch, TargetError, type TargetPolicy } from '../platform/guarded-fetch';
import { parseRetryAfter } from '../platform/retry-after';
import { signatureHeaders } from './sign';

/** For the whole answer, body included. */
const ANSWER_TIMEOUT_MS = 30_000;

/** The body says nothing that counts; most are read to the end so that the connection can be used again. */
const BODY_READ_LIMIT_BYTES = 4 * 1024;

const ANY_URL = /https?:\/\/[^\s)"'>]+/gi;

/** So much of it goes into the log: an error message, or the beginning of a page. */
const BODY_LOG_LIMIT_CHARACTERS = 500;

export interface WebhookMessage {
  url: string;
  /** Newest first; none for a message that is not signed. */
  secrets: readonly string[];
  /** The same at every attempt: receivers know a repeat by it. */
  id: string;
  /** Grows with every message to the same receiver, whatever order they arrive in; null where there is only one. */
  sequence: number | null;
  /** JSON text. */
  body: string;
  policy: TargetPolicy;
}

export interface DeliveryOutcome {
  /** HTTP status; null where no answer came. */
  status: number | null;
  durationMs: number;
  /** Short and without secrets; null where it was delivered. */
  error: string | null;
  /** The start of the answer's body; null where there is none. */
  response: string | null;
  /** The wait the receiver asked for, uncapped. */
  retryAfterMs: number | null;
}

/** Posts a message at `now` (epoch milliseconds). Never throws: whatever goes wrong is an outcome. */
export async function deliverWebhook(message: WebhookMessage, now: number): Promise<DeliveryOutcome> {
  const started = Date.now();
  const outcome = await attempt(message, now);
  return { ...outcome, durationMs: Date.now() - started };
}

async function attempt(
  { url, secrets, id, sequence, body: text, policy }: WebhookMessage,
  now: number,
): Promise<Omit<DeliveryOutcome, 'durationMs'>> {
  // Not AbortSignal.timeout: its timer cannot be cleared and would hold a Durable Object in memory.
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ANSWER_TIMEOUT_MS);
  try {
    const body = new TextEncoder().encode(text);
    const signature = await signatureHeaders({ secrets, id, timestampSeconds: Math.floor(now / 1000), body });
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': 'Quire-Webhooks/1',
      ...(sequence !== null && { 'X-Webhook-Sequence': String(sequence) }),
      ...signature,
    };
    const response = await guardedFetch(
      url,
      { method: 'POST', headers, body, signal: controller.signal },
      policy,
    );
    return {
      status: response.status,
      error: response.ok ? null : statusError(response.status),
      response: await readStart(response, controller.signal),
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), now),
    };
  } catch (error) {
    return { status: null, error: failure(error, controller.signal), response: null, retryAfterMs: null };
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a little of the body and lets go of the rest. What goes wrong here changes nothing: the status has come. */
async function readStart(response: Response, signal: AbortSignal): Promise<string | null> {
  if (response.body === null) return null;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const letGo = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', letGo);
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  try {
    while (bytes < BODY_READ_LIMIT_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text = (text + decoder.decode(value, { stream: true })).slice(0, BODY_LOG_LIMIT_CHARACTERS);
    }
  } catch {
    // The receiver broke off after its status.
  } finally {
    signal.removeEventListener('abort', letGo);
    letGo();
  }
  return cutText(text, BODY_LOG_LIMIT_CHARACTERS) || null;
}

function statusError(status: number): string {
  return status >= 300 && status < 400 ? `HTTP ${status} (redirects are not followed)` : `HTTP ${status}`;
}

/**
 * Never the runtime's own words: they can hold the URL, whose path or query may be a token of the receiver's. The log has
 * them without it.
 */
function failure(error: unknown, signal: AbortSignal): string {
  if (error instanceof TargetError) return `this URL cannot be used: ${tell(enReasons, error.reason)}`;
  // The signal before the error: an abort surfaces as errors of several kinds.
  if (signal.aborted) return `timed out after ${ANSWER_TIMEOUT_MS / 1000} s`;
  const cause = error instanceof Error ? error.message : String(error);
  console.warn(JSON.stringify({ event: 'webhook.failed', cause: cause.replace(ANY_URL, '[url]') }));
  return cause.startsWith('Network connection lost')
    ? 'connection failed: refused or lost'
    : 'connection failed';
}
