// Checks what clients send against the contract's schemas; every failure is a typed error that names the place.
import { zValidator } from '@hono/zod-validator';
import type { Context } from 'hono';
import type * as z from 'zod';
import { ApiError } from '../contract/errors';
import { JSON_BODY_LIMIT_BYTES } from '../contract/limits';
import { invalidRequest } from '../contract/validation';
import { readJson } from './read-json';

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
