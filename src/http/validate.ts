// Checks what clients send against the contract's schemas; every failure is a typed error that names the place.
import { zValidator } from '@hono/zod-validator';
import type { Context } from 'hono';
import type * as z from 'zod';
import { parseJson } from '../completions/parse-json';
import { ApiError } from '../contract/errors';
import { JSON_BODY_LIMIT_BYTES } from '../contract/limits';
import { invalidRequest } from '../contract/validation';
import { sha256Hex } from '../platform/sha256';
import { readBytes } from '../platform/strict-json';

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/i;

/**
 * `validator('json')` over a body read strictly: content type, size, UTF-8, depth, syntax, then the schema, which it
 * carries so that a test can hold the OpenAPI document to it.
 */
export function jsonBody<S extends z.ZodType>(
  schema: S,
  limitBytes = JSON_BODY_LIMIT_BYTES,
  tooLarge: () => ApiError = () => tooLargeError(limitBytes),
) {
  const validate = zValidator('json', schema, throwInvalid);
  const strict: typeof validate = async (c, next) => {
    const value = await readJson(c, limitBytes, tooLarge);
    c.req.json = () => Promise.resolve(value as never);
    return validate(c, next);
  };
  return Object.assign(strict, { body: schema });
}

/** `validator('query')`, which carries its schema, too: unknown parameters are ignored, repeated ones are the schema's to refuse. */
export function query<S extends z.ZodType>(schema: S) {
  return Object.assign(zValidator('query', schema, throwInvalid), { query: schema });
}

/** A JSON body, or an `ApiError` for each way it can be wrong. */
async function readJson(c: Context, limitBytes: number, tooLarge: () => ApiError): Promise<unknown> {
  const request: Request = c.req.raw;
  const contentType = (request.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
  if (!JSON_TYPE.test(contentType)) {
    throw new ApiError('invalid_request', { detail: ['json_expected', contentType] });
  }
  const length = request.headers.get('content-length');
  if (Number(length) > limitBytes) throw tooLarge();
  // A body whose length is known is read at once: chunk by chunk costs four times as much.
  const bytes =
    length === null ? await readBytes(request.body, limitBytes) : new Uint8Array(await request.arrayBuffer());
  if (bytes === null || bytes.byteLength > limitBytes) throw tooLarge();
  if (request.headers.has('idempotency-key')) c.set('bodyDigest', await sha256Hex(bytes));
  return parseJson(bytes);
}

function tooLargeError(limitBytes: number): ApiError {
  const kilobytes = limitBytes / 1024;
  const limit = kilobytes < 1024 ? `${kilobytes} KiB` : `${kilobytes / 1024} MiB`;
  return new ApiError('request_too_large', { detail: ['body_too_large', limit] });
}

function throwInvalid(
  result: { success: boolean; data: unknown; error?: { issues: readonly z.core.$ZodIssue[] } },
  _c: Context,
): void {
  if (!result.success) throw invalidRequest(result.error?.issues ?? [], result.data);
}
