// Every sentence a client can read, in English. `ko.ts` has the same keys: the type of `en` holds it to that.
import type { LimitHolder } from '../accounts';
import type { ErrorType } from '../errors';
import { JSON_LINES_TYPE, MEDIA_TYPES } from '../files';
import { enReasons, type Fault, faultSentence, faultSentences, type Reason, tell } from './en-reasons';

/** What of a request was to be JSON, or text. */
export type JsonText = 'body' | 'line' | 'field';

const because = (reason: Reason) => tell(enReasons, reason);

const base: Record<ErrorType, string> = {
  invalid_request: 'The request is not valid',
  authentication_error: 'Authentication failed',
  permission_denied: 'You do not have access to this resource',
  not_found: 'The requested resource was not found',
  content_policy_violation: 'The request violates the content policy',
  context_length_exceeded: "The model's context length was exceeded",
  invalid_tool_call: 'The tool call is not valid',
  rate_limit_exceeded: 'The request limit was exceeded',
  token_limit_exceeded: 'The token limit was exceeded',
  budget_exceeded: 'The monthly budget was exceeded',
  model_error: 'The model failed while answering',
  model_overloaded: 'The model is overloaded',
  timeout: 'The model took too long to answer',
  file_too_large: 'A file cannot be larger than 100 MB',
  unsupported_media_type: 'This file type is not supported',
  request_too_large: 'The request body is too large',
  method_not_allowed: 'This method is not allowed here',
  conflict: 'The request conflicts with the current state',
  internal_error: 'Something went wrong on our side',
  batch_expired: 'The completion window ended before this item was done',
  batch_cancelled: 'The batch was cancelled before this item was done',
};

/** A missing object of these kinds is named instead of "resource". */
const missing = {
  path: 'This path does not exist',
  batch: 'The batch was not found',
  file: 'The file was not found',
  upload: 'The upload was not found',
  model: 'The model was not found',
  account: 'The account was not found',
  key: 'The key was not found',
  webhook: 'The webhook endpoint was not found',
  event: 'The event was not found',
} as const;

export type MissingKind = keyof typeof missing;

const detail = {
  /** Of what was sent, by its schema. */
  value_invalid: (fault: Fault) => faultSentence(fault),
  json_malformed: (what: JsonText, reason: Reason) => `the ${what} is not valid JSON (${because(reason)})`,
  json_expected: (received: string) =>
    `send the body as application/json (received ${received === '' ? 'no content type' : received})`,
  charset_unsupported: (charset: string) => `send the body in UTF-8 (received ${charset || 'no name'})`,
  body_coded: (coding: string) => `send the body as it is, without a Content-Encoding (received ${coding})`,
  body_cut_off: () => 'the connection ended before the body did',
  utf8_malformed: (what: JsonText) => `the ${what} is not valid UTF-8`,
  json_too_deep: (what: JsonText, levels: number) => `the ${what} is nested deeper than ${levels} levels`,
  key_forbidden: (key: string) => `the key "${key}" is not allowed`,
  body_too_large: (limit: string) => `the limit is ${limit}`,
  inline_batch_too_large: (megabytes: number) =>
    `inline inputs may take ${megabytes} MiB; upload a JSON Lines file with purpose "batch" and pass its id as input_file_id`,
  body_missing: () => 'the body is missing',
  methods_allowed: (methods: string) => `use ${methods}`,
  key_missing: () => 'send your key as "Authorization: Bearer <key>"',
  key_malformed: () => 'the key is not well formed; check that it was copied whole',
  key_unknown: () => 'the key is unknown',
  key_revoked: () => 'the key was revoked',
  key_expired: () => 'the key has expired',
  admin_key_wrong: () => 'the admin key is wrong',
  account_suspended: () => 'the account is suspended',
  expires_in_past: () => 'give a time in the future; a key that has expired lets no one in',
  days_reversed: () => '"from" comes after "to"',
  scope_missing: (scope: string) => `the key lacks the scope "${scope}"`,
  requests_used_up: (limit: number, holder: LimitHolder) =>
    `the ${holder}'s limit is ${limit} requests a minute`,
  tokens_used_up: (limit: number, holder: LimitHolder) => `the ${holder}'s limit is ${limit} tokens a minute`,
  tokens_too_many: (limit: number, holder: LimitHolder) =>
    `this request alone takes more than the ${holder}'s limit of ${limit} tokens a minute; shorten it, or lower max_tokens`,
  budget_spent: (holder: LimitHolder) =>
    `what is left of the ${holder}'s budget does not pay for this request; it begins anew on the first of next month (UTC)`,
  budget_reserved: (holder: LimitHolder) =>
    `what is left of the ${holder}'s budget is reserved for requests in flight, which may need less; try again in a moment`,
  batch_budget_spent: () => 'what is left of it does not pay for this item',
  stream_token_wrong: () => 'the stream token is not valid for this batch',
  model_unknown: (id: string) => `there is no model "${id}"`,
  tools_unsupported: (model: string) => `the model "${model}" does not call tools`,
  stream_of_several: (model: string) => `the model "${model}" streams one answer at a time`,
  stream_in_batch: () => 'a batch has no streams; leave "stream" out or send false',
  // Providers. Their own words stand in "provider".
  provider_refused: () => 'the model provider refused the request, see "provider"',
  provider_key_refused: () => "the model provider refused this deployment's key",
  provider_model_unknown: () => 'the model provider does not know this model',
  provider_quota: () => "this deployment's quota at the model provider is used up",
  provider_busy: () => 'the model provider takes no more requests for now',
  catalogue_invalid: () => "this deployment's CATALOGUE is not valid; its log and /healthz say why",
  model_key_missing: (id: string, name: string) =>
    `the model "${id}" cannot be used until ${name} is set for this deployment`,
  // Tool protocol.
  tool_name_invalid: (name: string) =>
    `"${name}" is not a tool name: use 1 to 64 of the characters A-Z, a-z, 0-9, _ and -`,
  tool_name_repeated: (name: string) => `the tool "${name}" is declared more than once`,
  tool_choice_unknown: (name: string) => `tool_choice names "${name}", which is not among the tools`,
  tool_choice_without_tools: () => 'tool_choice needs tools',
  tool_call_unanswered: (id: string) => `the tool call "${id}" has no answer; follow it with a tool message`,
  tool_call_id_missing: () => 'say which call this answers in tool_call_id',
  tool_call_id_unknown: (id: string) => `no open tool call has the id "${id}"`,
  tool_call_id_repeated: (id: string) => `the tool call id "${id}" is used more than once`,
  tool_arguments_not_json: () => 'the arguments are not a JSON object',
  tool_call_failed: (faults: readonly Fault[]) =>
    `the model's tool calls are not valid: ${faultSentences(faults)}`,
  // Structured output.
  schema_invalid: (faults: readonly Fault[]) => `the JSON Schema is not valid: ${faultSentences(faults)}`,
  schema_too_large: (kilobytes: number) => `the JSON Schema is larger than ${kilobytes} KB`,
  schema_remote_ref: (ref: string) => `"$ref": "${ref}" points outside the schema, which is not followed`,
  output_invalid: (faults: readonly Fault[]) =>
    `the answer does not match the response format: ${faultSentences(faults)}`,
  context_length: (tokens: number, window: number) =>
    `the request has about ${tokens} tokens and the model takes ${window}`,
  context_length_exact: (tokens: number, window: number) =>
    `the request has ${tokens} tokens and the model takes ${window}`,
  context_window: (window: number) => `the model takes ${window} tokens`,
  // The sandbox model.
  directive_unknown: (key: string) =>
    `"${key}" is not an @sandbox directive; use error, latency, tokens, fail, text or chunk_delay`,
  directive_invalid: (setting: string) => `the @sandbox directive "${setting}" has a bad value`,
  // Content parts.
  base64_invalid: () => 'the data is not valid base64',
  media_type_mismatch: (stated: string, seen: string) => `stated as ${stated}, but the bytes are ${seen}`,
  media_type_unsupported: (type: string) => `${type} (supported are ${MEDIA_TYPES.join(', ')})`,
  media_type_no_lines: (type: string) => `${type} (for batches, send JSON Lines as ${JSON_LINES_TYPE})`,
  text_not_utf8: () => 'text must be UTF-8 without control characters, and these bytes are not',
  modality_unsupported: (modality: string, model: string) =>
    `the model "${model}" does not take ${modality} input`,
  part_too_large: (megabytes: number) => `this part is larger than the ${megabytes} MiB left for it`,
  parts_too_large: (megabytes: number) => `the content parts together are larger than ${megabytes} MiB`,
  part_url_unsupported: () =>
    'use an https: URL, a data: URL in base64 or the content URL of a file on this server',
  part_url_refused: (reason: Reason) => `this URL cannot be fetched: ${because(reason)}`,
  part_fetch_status: (status: number) => `the server of this URL answered with HTTP status ${status}`,
  part_fetch_redirects: (limit: number) => `this URL redirects more than ${limit} times`,
  part_fetch_timeout: (seconds: number) => `this URL could not be read within ${seconds} seconds`,
  part_fetch_failed: () => 'the server of this URL could not be reached, or broke off',
  idempotency_key_invalid: () => 'send 1 to 255 visible ASCII characters',
  idempotency_running: () => 'the first request with this key is still running; ask again in a moment',
  idempotency_other_request: () => 'this key was used for another request; use a new key for a new request',
  // Files.
  multipart_expected: () => 'send the body as multipart/form-data',
  multipart_malformed: (reason: Reason) => `the multipart body is malformed: ${because(reason)}`,
  upload_cut_off: () => 'the upload ended before its last boundary; nothing was stored',
  field_missing: (field: string) => `the field "${field}" is missing`,
  file_expected: (field: string) =>
    `send "${field}" as a file, with a file name (with curl: -F ${field}=@name)`,
  field_repeated: (field: string) => `the field "${field}" is given more than once`,
  field_too_large: (field: string, kilobytes: number) =>
    `the field "${field}" is larger than ${kilobytes} KB`,
  field_unknown: (field: string) => `the field "${field}" is not known`,
  file_empty: () => 'the file is empty',
  lines_not_utf8: () => 'JSON Lines are UTF-8, and this file is not',
  first_line_no_object: (opening: string) =>
    `each line of the file must be a JSON object, and the first one begins with ${opening}`,
  first_line_malformed: (reason: Reason) =>
    `the first line of the file is not valid JSON (${because(reason)})`,
  // These stand alone: see `errorMessage`.
  upload_too_large: (megabytes: number) => `A file sent in parts can take ${megabytes} MB`,
  upload_part_too_large: (megabytes: number) => `A part of an upload can take ${megabytes} MB`,
  storage_full: (limit: number, used: number) =>
    `This would exceed the account's storage limit: ${used} of ${limit} bytes are used`,
  upload_not_pending: (status: string) => `the upload is ${status}`,
  upload_part_over_whole: (bytes: number) =>
    `this part is larger than the whole upload, which was made for ${bytes} bytes`,
  upload_parts_too_many: (limit: number) => `an upload takes at most ${limit} parts`,
  upload_part_unknown: (id: string) => `the upload has no part "${id}"`,
  upload_part_repeated: (id: string) => `the part "${id}" is listed more than once`,
  upload_bytes_differ: (stated: number, listed: number) =>
    `the upload was made for ${stated} bytes, and the parts listed have ${listed}`,
  upload_md5_differs: (found: string) =>
    `"md5" is not that of the parts in the order listed, which is ${found}`,
  range_unsatisfiable: (size: number) => `the range lies outside the file's ${size} bytes`,
  etag_other: () => 'the content has another ETag, see the header',
  // Batches.
  too_many_inputs: (limit: number) => `a batch takes at most ${limit} inputs`,
  input_too_large: (megabytes: number) =>
    `an input may take ${megabytes} MiB; upload large content as a file and refer to it by file_id`,
  input_file_too_large: (megabytes: number) => `an input file may take ${megabytes} MiB`,
  input_file_invalid: (count: number) =>
    `the input file has ${count === 1 ? 'an error, which is' : `${count} errors, which are`} listed with the batch`,
  input_line_invalid: (line: number, reason: string) => `line ${line}: ${reason}`,
  input_gone: () => 'the input is no longer stored',
  worker_lost: (tries: number) => `the worker that ran it was lost at the last of ${tries} tries`,
  file_not_for_batches: (purpose: string) =>
    `the file was uploaded for "${purpose}"; upload it with purpose "batch"`,
  file_in_use: () => 'a batch that has not ended reads this file; cancel it or wait for its end',
  input_was_refused: () => 'the input file was refused; upload a corrected one and make a new batch',
  nothing_to_retry: () => 'every item was completed',
  custom_id_repeated: (id: string) => `the custom_id "${id}" is used more than once`,
  metadata_too_many: () => 'metadata takes at most 16 pairs',
  window_invalid: () => 'give minutes or hours between 1m and 168h, e.g. "24h"',
  target_invalid: (reason: Reason) => `this webhook URL cannot be used: ${because(reason)}`,
  // Webhooks.
  too_many_webhooks: (limit: number) => `an account has at most ${limit} webhook endpoints; delete one first`,
  webhook_disabled: () => 'the webhook endpoint is disabled; set its status to "enabled" first',
  webhook_missing: () => 'the batch was made without a webhook_url',
  resend_what: () => 'give either event_id or since',
  webhook_secret_alone: () => 'it signs the webhook, and there is none: send webhook_url too',
  webhook_secret_invalid: () => 'after whsec_ comes base64, as Standard Webhooks has it',
  after_unknown: (id: string) => `there is no entry "${id}" to continue after`,
  results_not_final: () =>
    'input order is only known once the batch has ended; use order=committed until then',
  window_over: () => 'the completion window ended before every item was done',
  batch_not_terminal: () => 'the batch has not ended; wait for its end or cancel it first',
  results_too_large: (gigabytes: number) =>
    `a batch holds ${gigabytes} GiB of results; try the rest again as a new batch`,
  max_cost_reached: (usd: string) => `the batch's max_cost of $${usd} was reached`,
  answer_too_large: (megabytes: number) => `the answer is larger than ${megabytes} MiB`,
};

type Details = typeof detail;

/** One specific message: its key in the catalogue, then its values. */
export type Detail = { [K in keyof Details]: [key: K, ...values: Parameters<Details[K]>] }[keyof Details];

/** The shape every locale has. */
export interface Messages {
  base: Record<ErrorType, string>;
  missing: Record<MissingKind, string>;
  detail: Details;
}

export const en: Messages = { base, missing, detail };
