// The one chat completion that is measured, and a model's answer to it: whole, and as a stream of 200 pieces.

/** What clients call the model, and what its provider does. */
export const MODEL = 'bench-model';
export const UPSTREAM_MODEL = 'gpt-4.1-mini-2025-04-14';

const STREAM_PIECES = 200;

/** The pace of a quick model: 200 tokens a second. */
export const PIECE_INTERVAL_MS = 5;

/** How the mock model is told to keep that pace: OpenAI's `user`, which every server passes on. */
const PACED_USER = 'paced';
export const PACED_MARK = `"user":"${PACED_USER}"`;

export type Mode = 'whole' | 'streamed' | 'paced';

/** USD per million tokens. */
export const PRICES = { prompt: 0.4, cached_prompt: 0.1, completion: 1.6 };

const PROMPT_TOKENS = 142;

const REVIEWS = Array.from(
  { length: 6 },
  (_, index) =>
    `${index + 1}. "The parcel came two days late, but the lamp works and looks as in the picture."`,
);

export function chatBody(model: string, mode: Mode): string {
  return JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You sum up what customers write. Be brief and fair.' },
      { role: 'user', content: `Sum these reviews up:\n${REVIEWS.join('\n')}` },
    ],
    temperature: 0.2,
    max_tokens: 400,
    ...(mode !== 'whole' && { stream: true, stream_options: { include_usage: true } }),
    ...(mode === 'paced' && { user: PACED_USER }),
  });
}

const HEAD = {
  id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  created: 1741569952,
  model: UPSTREAM_MODEL,
  service_tier: 'default',
  system_fingerprint: 'fp_dd42ad3b2e',
};

const USAGE = {
  prompt_tokens: PROMPT_TOKENS,
  completion_tokens: STREAM_PIECES,
  total_tokens: PROMPT_TOKENS + STREAM_PIECES,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
};

const PIECES = Array.from({ length: STREAM_PIECES }, (_, index) => ` word${index}`);

export function wholeAnswer(): string {
  return JSON.stringify({
    ...HEAD,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: PIECES.join(''), refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
  });
}

/** Server-sent events: the pieces between a beginning and an end. */
export function streamedAnswer(): string[] {
  const chunk = (delta: object, finishReason: string | null) => ({
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    usage: null,
  });
  const chunks = [
    chunk({ role: 'assistant', content: '', refusal: null }, null),
    ...PIECES.map((content) => chunk({ content }, null)),
    chunk({}, 'stop'),
    { choices: [], usage: USAGE },
  ];
  const events = chunks.map((members) =>
    JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', ...members }),
  );
  return [...events, '[DONE]'].map((data) => `data: ${data}\n\n`);
}
