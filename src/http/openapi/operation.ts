// What is written down of one operation of the API. Shapes are zod schemas: those that validate requests, and those the
// types of the answers are inferred from.
import type * as z from 'zod';
import type { Scope } from '../../contract/accounts';
import { scopeOf } from '../scopes';
import type { ErrorExampleName } from './error-examples';
import type { RequestHeaderName, ResponseHeaderName } from './headers';

/** Whose key a request carries: an account's, the deployment's admin secret, a stream's token in its URL, or none. */
export type Security = 'account' | 'admin' | 'account_or_stream_token' | 'none';

export interface Operation {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** e.g. `/api/v1/batches/{id}`. */
  path: string;
  /** Unique: the name of the call in generated clients. */
  id: string;
  tag: string;
  summary: string;
  /** Markdown: what a developer needs to know besides the shapes. */
  description: string;
  security: Security;
  /** Takes an `Idempotency-Key`, so that a repeat makes nothing twice. */
  creates?: boolean;
  /** Each `{name}` of the path. */
  pathParameters?: Record<string, PathParameter>;
  query?: z.ZodObject;
  /** Besides those of every request. */
  requestHeaders?: readonly RequestHeaderName[];
  body?: { description?: string; content: Record<string, Content> };
  /** Every status that is not an error. */
  answers: Record<number, Answer>;
  /** Every error that can come, besides those of its security. */
  errors: readonly ErrorExampleName[];
}

interface PathParameter {
  description: string;
  example: string;
}

export interface Answer {
  description: string;
  /** Besides those of every answer. */
  headers?: readonly ResponseHeaderName[];
  content?: Record<string, Content>;
}

/** A body in one media type. */
export interface Content {
  /** Without one, the body is bytes. */
  schema?: z.ZodType;
  /** The shape of each event of a stream or line of JSON Lines, which the body is a text of. */
  items?: z.ZodType;
  /** Real ones: a test sends each request and compares each answer. */
  examples?: Record<string, Example>;
}

export interface Example {
  summary: string;
  value: unknown;
}

/** The scope that a key needs for it; none for the keys of others. */
export function scopesOf({ method, path, security }: Operation): Scope[] {
  const scope =
    security === 'account' || security === 'account_or_stream_token'
      ? scopeOf(method.toUpperCase(), path)
      : null;
  return scope === null ? [] : [scope];
}

/** A JSON body with its examples. */
export function json(schema: z.ZodType, examples?: Record<string, Example>): Record<string, Content> {
  return { 'application/json': { schema, ...(examples && { examples }) } };
}

/** The same operations on both surfaces. Their ids on the OpenAI-compatible one begin with `openai`. */
export function onBothSurfaces(operations: (prefix: '/v1' | '/api/v1') => Operation[]): Operation[] {
  const compatible = operations('/v1').map((operation) => ({ ...operation, id: openaiId(operation.id) }));
  return [...operations('/api/v1'), ...compatible];
}

function openaiId(id: string): string {
  return `openai${id.charAt(0).toUpperCase()}${id.slice(1)}`;
}
