// Why an answer ended, in OpenAI's four words. Compatible upstreams have others, or those of the model behind them.
import type { FinishReason } from '../../contract/chat';
import type { Upstream } from '../provider';
import { embeddedError } from './openai-error';

/** null where the answer broke off. What is not here is a way to say that the model was done. */
const REASONS: Readonly<Record<string, FinishReason | null>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  max_tokens: 'length',
  max_output_tokens: 'length',
  max_length: 'length',
  model_length: 'length',
  token_limit: 'length',
  function_call: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  'content-filter': 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
  blocklist: 'content_filter',
  prohibited_content: 'content_filter',
  spii: 'content_filter',
  sensitive: 'content_filter',
  refusal: 'content_filter',
  error: null,
  abort: null,
  aborted: null,
  cancelled: null,
  network_error: null,
  insufficient_system_resource: null,
};

/** A reason in JSON that is none of OpenAI's. Inside a string the quotes would be escaped. */
const FOREIGN_REASON = /"finish_reason":\s*"(?!(?:stop|length|tool_calls|content_filter)")/;

/** Whether any chunk in this text ends for a reason that clients do not know. */
export function hasForeignReason(json: string): boolean {
  return FOREIGN_REASON.test(json);
}

/**
 * The reason as clients know it.
 *
 * @throws ApiError where it says that the answer broke off; `error` is what the upstream put beside it
 */
export function finishReasonOf(
  upstream: Upstream,
  reason: string,
  { hasCalls, error }: { hasCalls: boolean; error?: unknown },
): FinishReason {
  // Google adds the particular: "content_filter: RECITATION".
  const word = reason.toLowerCase().split(':')[0] ?? '';
  const known = Object.hasOwn(REASONS, word) ? REASONS[word] : hasCalls ? 'tool_calls' : 'stop';
  if (known) return known;
  throw embeddedError(upstream, error ?? `the answer ended with "${reason}"`);
}
