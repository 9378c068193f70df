// The headers that requests may carry and answers have.

/** As Go writes durations: `20ms`, `59.25s`, `6m0s`. */
const DURATION = '^(\\d+ms|(\\d+m)?\\d+(\\.\\d+)?s)$';

export interface Header {
  description: string;
  /** JSON Schema of its text. */
  schema: { type: 'string'; pattern?: string; enum?: readonly string[] };
  example: string;
  /** On each answer that is documented with it. */
  always?: boolean;
}

export const REQUEST_HEADERS = {
  'x-request-id': {
    description:
      'Your own id for the request, 1 to 128 visible ASCII characters. It comes back on the answer.',
    schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
    example: 'order-4711',
  },
  'Accept-Language': {
    description:
      'Messages of errors are in Korean where it ranks Korean above English, in English otherwise.',
    schema: { type: 'string' },
    example: 'ko',
  },
  'Idempotency-Key': {
    description:
      'A name of your own for this request, 1 to 255 visible ASCII characters, such as a UUID. A repeat within 24 hours gets the first answer, and nothing is made twice.',
    schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
    example: '0d4f4d3e-6f0c-4f0e-9d55-2b1c6a7f8e90',
  },
  Accept: {
    description: 'Which of the media types the answer comes in.',
    schema: { type: 'string' },
    example: 'application/json',
  },
  Range: {
    description: 'One range of bytes. More than one is answered with the whole.',
    schema: { type: 'string' },
    example: 'bytes=0-1023',
  },
  'If-None-Match': {
    description: 'An `ETag` from before: 304 without a body where nothing changed.',
    schema: { type: 'string' },
    example: '"9f86d081884c7d65"',
  },
  'If-Match': {
    description: 'The `ETag` that the content must have: 412 where it has another.',
    schema: { type: 'string' },
    example: '"9f86d081884c7d65"',
  },
  'If-Range': {
    description: 'An `ETag` from before: the `Range` counts only where nothing changed.',
    schema: { type: 'string' },
    example: '"9f86d081884c7d65"',
  },
  'Last-Event-ID': {
    description: 'The `id` of the last event seen: only newer ones come. Browsers send it by themselves.',
    schema: { type: 'string' },
    example: '17',
  },
  // Of webhooks, which this API sends.
  'webhook-id': {
    description: 'The id of the message, the same at every attempt: drop what you have had.',
    schema: { type: 'string' },
    example: 'evt_2b8Xk4jQ9mTzR1vWc7LpYd3N',
  },
  'webhook-timestamp': {
    description: 'When this attempt was made: unix seconds.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '1764031500',
  },
  'webhook-signature': {
    description:
      'Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`. The key is the base64 part of a `whsec_…` secret, else the bytes of the secret. Only where there is one.',
    schema: { type: 'string' },
    example: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  'X-Webhook-Sequence': {
    description: 'Grows from event to event, with gaps: which of two is newer. It is not signed.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '17',
  },
  'X-Webhook-Signature': {
    description: '`sha256=` and the hex HMAC-SHA256 of the body under the secret. Only where there is one.',
    schema: { type: 'string', pattern: '^sha256=[0-9a-f]{64}$' },
    example: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  },
} as const satisfies Record<string, Header>;
export type RequestHeaderName = keyof typeof REQUEST_HEADERS;

export const RESPONSE_HEADERS = {
  'x-request-id': {
    description: 'The id of this request: your own, or one made for it.',
    schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
    example: 'req_MPSfbRQraEybtXTSUcwEI5Zw',
    always: true,
  },
  'Server-Timing': {
    description: 'Milliseconds that the request waited: for the account (`admit`), the model, and in all.',
    schema: { type: 'string' },
    example: 'admit;dur=4, model;dur=812, total;dur=820',
    always: true,
  },
  'x-ratelimit-limit-requests': {
    description: 'How many requests a minute the account, or the key, may make. Only where there is a limit.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '600',
  },
  'x-ratelimit-remaining-requests': {
    description: 'How many are left.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '599',
  },
  'x-ratelimit-reset-requests': {
    description: 'When all of them are back.',
    schema: { type: 'string', pattern: DURATION },
    example: '100ms',
  },
  'x-ratelimit-limit-tokens': {
    description: 'The same for tokens a minute.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '100000',
  },
  'x-ratelimit-remaining-tokens': {
    description: 'How many tokens are left.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '99900',
  },
  'x-ratelimit-reset-tokens': {
    description: 'When all of them are back.',
    schema: { type: 'string', pattern: DURATION },
    example: '6m0s',
  },
  'Idempotent-Replayed': {
    description: 'This is the answer to the first request with this `Idempotency-Key`.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
  'x-should-retry': {
    description: 'Whether the same request may succeed later. The official SDKs go by it.',
    schema: { type: 'string', enum: ['true', 'false'] },
    example: 'false',
    always: true,
  },
  'Retry-After': {
    description: 'Seconds until it makes sense to ask again.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '5',
  },
  'retry-after-ms': {
    description: 'The same as `Retry-After`, in milliseconds.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '1000',
  },
  'WWW-Authenticate': {
    description: 'How to authenticate.',
    schema: { type: 'string', enum: ['Bearer'] },
    example: 'Bearer',
    always: true,
  },
  Location: {
    description: 'Where the new object is.',
    schema: { type: 'string' },
    example: '/api/v1/batches/batch_3f0c9a1b2c4d',
    always: true,
  },
  ETag: {
    description: 'Names these very bytes.',
    schema: { type: 'string', pattern: '^"[^"]+"$' },
    example: '"9f86d081884c7d65"',
    always: true,
  },
  'Cache-Control': {
    description: 'How it may be cached.',
    schema: { type: 'string' },
    example: 'no-cache',
    always: true,
  },
  'Content-Range': {
    description: 'Which bytes these are of how many; `bytes */<size>` where the range has none.',
    schema: { type: 'string', pattern: '^bytes (\\d+-\\d+|\\*)/\\d+$' },
    example: 'bytes 0-1023/4096',
    always: true,
  },
  'Accept-Ranges': {
    description: 'Ranges can be asked for.',
    schema: { type: 'string', enum: ['bytes'] },
    example: 'bytes',
  },
  'Content-Disposition': {
    description: 'The name of the file, to be saved under (RFC 6266).',
    schema: { type: 'string', pattern: '^attachment; ' },
    example: `attachment; filename="notes.txt"; filename*=UTF-8''notes.txt`,
    always: true,
  },
  'X-Content-Type-Options': {
    description: 'Browsers take the type as it is stated.',
    schema: { type: 'string', enum: ['nosniff'] },
    example: 'nosniff',
    always: true,
  },
} as const satisfies Record<string, Header>;
export type ResponseHeaderName = keyof typeof RESPONSE_HEADERS;

/** What every request may carry. */
export const COMMON_REQUEST_HEADERS: readonly RequestHeaderName[] = ['x-request-id', 'Accept-Language'];

/** What every answer has. */
export const COMMON_RESPONSE_HEADERS: readonly ResponseHeaderName[] = ['x-request-id', 'Server-Timing'];
