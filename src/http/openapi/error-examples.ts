// One real error for each way an operation can fail: rendered by the same code that renders them for clients.
import { ApiError } from '../../contract/errors';

interface ErrorExample {
  summary: string;
  error: ApiError;
  /** Where it is not the status of the error's type. */
  status?: number;
}

export const ERROR_EXAMPLES = {
  // Of every operation with a key.
  key_missing: {
    summary: 'No key, or one that is malformed, unknown, revoked or expired',
    error: new ApiError('authentication_error', { detail: ['key_missing'] }),
  },
  account_suspended: {
    summary: 'The account is suspended',
    error: new ApiError('permission_denied', { detail: ['account_suspended'] }),
  },
  scope_missing: {
    summary: 'The key lacks the scope',
    error: new ApiError('permission_denied', { detail: ['scope_missing', 'batches'] }),
  },
  requests_used_up: {
    summary: "The account's or the key's requests of this minute are used up",
    error: new ApiError('rate_limit_exceeded', {
      detail: ['requests_used_up', 600, 'key'],
      retryAfterMs: 20_000,
    }),
  },
  admin_key_wrong: {
    summary: "Not the deployment's admin key",
    error: new ApiError('authentication_error', { detail: ['admin_key_wrong'] }),
  },
  stream_token_wrong: {
    summary: 'The token is not that of this batch',
    error: new ApiError('authentication_error', { detail: ['stream_token_wrong'], param: 'token' }),
  },
  internal_error: {
    summary: 'Our own fault; the cause is logged under the request id',
    error: new ApiError('internal_error'),
  },
  // Of every operation with an `Idempotency-Key`.
  idempotency_key_invalid: {
    summary: 'The `Idempotency-Key` is not one',
    error: new ApiError('invalid_request', { detail: ['idempotency_key_invalid'], param: 'Idempotency-Key' }),
  },
  idempotency_running: {
    summary: 'The first request with this `Idempotency-Key` still runs',
    error: new ApiError('conflict', {
      detail: ['idempotency_running'],
      param: 'Idempotency-Key',
      retryable: true,
      retryAfterMs: 1000,
    }),
  },
  idempotency_other_request: {
    summary: 'The `Idempotency-Key` was used for another request',
    error: new ApiError('invalid_request', {
      detail: ['idempotency_other_request'],
      param: 'Idempotency-Key',
    }),
    status: 422,
  },
  admin_off: {
    summary: 'This deployment has no admin key, and so no admin API',
    error: new ApiError('not_found', { missing: 'path' }),
  },
  // What was sent.
  body_invalid: {
    summary: 'The body is not as described; `param` names the place',
    error: new ApiError('invalid_request', {
      detail: ['value_invalid', { place: 'messages', reason: ['missing'] }],
      param: 'messages',
    }),
  },
  query_invalid: {
    summary: 'A parameter of the query is not as described',
    error: new ApiError('invalid_request', { detail: ['after_unknown', 'file_nope'], param: 'after' }),
  },
  body_too_large: {
    summary: 'The body is too large',
    error: new ApiError('request_too_large', { detail: ['body_too_large', '64 KiB'] }),
  },
  chat_too_large: {
    summary: 'The body is too large; upload large content as files',
    error: new ApiError('request_too_large', { detail: ['body_too_large', '20 MiB'] }),
  },
  inline_batch_too_large: {
    summary: 'Too much for inline inputs; upload a file',
    error: new ApiError('request_too_large', { detail: ['inline_batch_too_large', 10] }),
  },
  range_outside: {
    summary: 'The range holds no byte of the content',
    error: new ApiError('invalid_request', { detail: ['range_unsatisfiable', 4096], param: 'Range' }),
    status: 416,
  },
  etag_other: {
    summary: 'The content does not have the `ETag` in `If-Match`',
    error: new ApiError('invalid_request', { detail: ['etag_other'], param: 'If-Match' }),
    status: 412,
  },
  // What is not there, or is another account's.
  batch_not_found: { summary: 'No such batch', error: new ApiError('not_found', { missing: 'batch' }) },
  file_not_found: { summary: 'No such file', error: new ApiError('not_found', { missing: 'file' }) },
  input_file_not_found: {
    summary: 'No such input file',
    error: new ApiError('not_found', { missing: 'file', param: 'input_file_id' }),
  },
  model_not_found: {
    summary: 'No such model, or its provider has no key on this deployment',
    error: new ApiError('not_found', { missing: 'model', param: 'model', detail: ['model_unknown', 'nope'] }),
  },
  webhook_not_found: {
    summary: 'No such endpoint',
    error: new ApiError('not_found', { missing: 'webhook' }),
  },
  event_not_found: {
    summary: 'The endpoint was sent no such event',
    error: new ApiError('not_found', { missing: 'event', param: 'event_id' }),
  },
  account_not_found: { summary: 'No such account', error: new ApiError('not_found', { missing: 'account' }) },
  key_not_found: { summary: 'No such key', error: new ApiError('not_found', { missing: 'key' }) },
  // Chat.
  invalid_tool_call: {
    summary: 'The tools, or the calls and answers among the messages, do not fit together',
    error: new ApiError('invalid_tool_call', {
      detail: ['tool_call_id_unknown', 'call_2'],
      param: 'messages[2].tool_call_id',
    }),
  },
  content_policy_violation: {
    summary: "The model's provider refuses the content",
    error: new ApiError('content_policy_violation'),
  },
  context_length_exceeded: {
    summary: 'More tokens than the model takes',
    error: new ApiError('context_length_exceeded', {
      detail: ['context_length', 140_000, 128_000],
      param: 'messages',
    }),
  },
  part_type_unsupported: {
    summary: 'A content part of a type that is not taken',
    error: new ApiError('unsupported_media_type', {
      detail: ['media_type_unsupported', 'image/tiff'],
      param: 'messages[0].content[1].source.media_type',
    }),
  },
  provider_busy: {
    summary: "The model's provider takes no more requests for now",
    error: new ApiError('rate_limit_exceeded', { detail: ['provider_busy'], retryAfterMs: 20_000 }),
  },
  token_limit_exceeded: {
    summary: "The account's or the key's tokens of this minute are used up",
    error: new ApiError('token_limit_exceeded', {
      detail: ['tokens_used_up', 100_000, 'account'],
      retryAfterMs: 20_000,
    }),
  },
  budget_exceeded: {
    summary: 'The monthly budget is used up',
    error: new ApiError('budget_exceeded', { detail: ['budget_spent', 'account'], retryAfterMs: 86_400_000 }),
  },
  model_error: {
    summary: "The model or its provider failed; the provider's words are in `provider`",
    error: new ApiError('model_error', {
      provider: { name: 'openai', status: 500, message: 'The server had an error' },
    }),
  },
  model_overloaded: { summary: 'The model takes no more', error: new ApiError('model_overloaded') },
  model_timeout: { summary: 'The model took too long', error: new ApiError('timeout') },
  method_not_allowed: {
    summary: 'Only where the built-in model is told to fail so',
    error: new ApiError('method_not_allowed'),
  },
  // Files.
  form_invalid: {
    summary: 'The form is not as described, or was cut off',
    error: new ApiError('invalid_request', { detail: ['field_missing', 'file'], param: 'file' }),
  },
  file_too_large: {
    summary: 'Over 100 MB: nothing is stored',
    error: new ApiError('file_too_large', { param: 'file' }),
  },
  storage_full: {
    summary: "It does not fit into what is left of the account's `storage_bytes`",
    error: new ApiError('file_too_large', {
      detail: ['storage_full', 1_073_741_824, 1_073_000_000],
      param: 'file',
    }),
  },
  upload_too_large: {
    summary: 'Over 512 MB, or 200 MB for `batch`',
    error: new ApiError('file_too_large', { detail: ['upload_too_large', 512], param: 'bytes' }),
  },
  upload_part_too_large: {
    summary: 'A part over 64 MB',
    error: new ApiError('file_too_large', { detail: ['upload_part_too_large', 64], param: 'data' }),
  },
  upload_part_over_whole: {
    summary: 'A part larger than the whole upload',
    error: new ApiError('invalid_request', { detail: ['upload_part_over_whole', 4096], param: 'data' }),
  },
  upload_parts_invalid: {
    summary: 'The parts are not those of the upload, or do not add up to it',
    error: new ApiError('invalid_request', {
      detail: ['upload_part_unknown', 'part_nope'],
      param: 'part_ids[1]',
    }),
  },
  upload_not_found: { summary: 'No such upload', error: new ApiError('not_found', { missing: 'upload' }) },
  upload_not_pending: {
    summary: 'The upload has ended',
    error: new ApiError('conflict', { detail: ['upload_not_pending', 'completed'] }),
  },
  file_type_unsupported: {
    summary: 'Not an allowed type, or the bytes are of another',
    error: new ApiError('unsupported_media_type', {
      detail: ['media_type_unsupported', 'application/zip'],
      param: 'file',
    }),
  },
  file_in_use: {
    summary: 'A batch that has not ended reads the file',
    error: new ApiError('conflict', { detail: ['file_in_use'] }),
  },
  // Batches.
  batch_invalid: {
    summary: 'An input or an option is not as described; `param` names it',
    error: new ApiError('invalid_request', {
      detail: ['custom_id_repeated', 'hello'],
      param: 'inputs[1].custom_id',
    }),
  },
  input_tool_call_invalid: {
    summary: 'The tools or tool messages of an input do not fit together',
    error: new ApiError('invalid_tool_call', {
      detail: ['tool_choice_unknown', 'weather'],
      param: 'inputs[17].tool_choice',
    }),
  },
  input_file_invalid: {
    summary: 'The file cannot be the input of a batch',
    error: new ApiError('invalid_request', {
      detail: ['file_not_for_batches', 'assistants'],
      param: 'input_file_id',
    }),
  },
  webhook_missing: {
    summary: 'The batch has no `webhook_url`',
    error: new ApiError('invalid_request', { detail: ['webhook_missing'] }),
  },
  nothing_to_retry: {
    summary: 'Every item was completed, or the input file was refused',
    error: new ApiError('invalid_request', { detail: ['nothing_to_retry'] }),
  },
  batch_not_ended: {
    summary: 'The batch has not ended',
    error: new ApiError('conflict', { detail: ['batch_not_terminal'] }),
  },
  results_not_final: {
    summary: 'Input order while the batch runs: ask for `order=committed`',
    error: new ApiError('conflict', { detail: ['results_not_final'], param: 'order' }),
  },
  // Webhooks.
  webhook_url_refused: {
    summary: 'The body is not as described, the URL is not allowed, or there are too many endpoints',
    error: new ApiError('invalid_request', {
      detail: ['target_invalid', ['address_not_public', '10.0.0.1']],
      param: 'url',
    }),
  },
  webhook_disabled: {
    summary: 'The endpoint is disabled',
    error: new ApiError('conflict', { detail: ['webhook_disabled'] }),
  },
} as const satisfies Record<string, ErrorExample>;

export type ErrorExampleName = keyof typeof ERROR_EXAMPLES;

/** An error's example, with the status it comes with. */
export function errorExample(name: ErrorExampleName): ErrorExample {
  return ERROR_EXAMPLES[name];
}
