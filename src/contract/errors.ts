// The error taxonomy both surfaces share: one table, one class. Rendering to HTTP is `http/error-response.ts`.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';
import type { Detail, MissingKind } from './messages/en';

/** Status and whether the same request may succeed later, for every `error.type` a client can see. */
export const ERROR_TABLE = {
  invalid_request: { status: 400, retryable: false },
  authentication_error: { status: 401, retryable: false },
  permission_denied: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  content_policy_violation: { status: 400, retryable: false },
  context_length_exceeded: { status: 400, retryable: false },
  invalid_tool_call: { status: 400, retryable: false },
  rate_limit_exceeded: { status: 429, retryable: true },
  token_limit_exceeded: { status: 429, retryable: true },
  budget_exceeded: { status: 429, retryable: false },
  model_error: { status: 500, retryable: true },
  model_overloaded: { status: 503, retryable: true },
  timeout: { status: 504, retryable: true },
  file_too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  request_too_large: { status: 413, retryable: false },
  method_not_allowed: { status: 405, retryable: false },
  conflict: { status: 409, retryable: false },
  internal_error: { status: 500, retryable: true },
  // On batch items alone: an item that was never done has no HTTP status.
  batch_expired: { status: null, retryable: false },
  batch_cancelled: { status: null, retryable: false },
} as const satisfies Record<string, { status: number | null; retryable: boolean }>;

export type ErrorType = keyof typeof ERROR_TABLE;

export const ERROR_TYPES = Object.keys(ERROR_TABLE) as ErrorType[];

/** What an upstream provider said, in its own words, after secrets are removed. */
const providerError = z.lazy(() =>
  z
    .object({
      name: z.string().describe('The provider in the catalogue'),
      status: z.int().nullable().describe('Its HTTP status; null where no answer came'),
      message: z.string(),
    })
    .describe("The words of a model's provider, without secrets. Only where one failed."),
);
export type ProviderError = z.infer<typeof providerError>;

/** The `error` object of a response or of a batch item. */
export const errorObject = z.lazy(() =>
  z.object({
    type: z.enum(ERROR_TYPES).describe('What went wrong. Decide by this.'),
    code: z.string().describe('The same as the type, but where the type has a narrower case'),
    message: z
      .string()
      .describe('For people, in English or, where `Accept-Language` prefers it, Korean. Words may change.'),
    param: z.string().nullable().describe('The place in the request, e.g. `messages[2].tool_call_id`'),
    request_id: z.string().optional().describe('The same as the header `x-request-id`'),
    provider: providerError.optional(),
  }),
);
export type ErrorBody = z.infer<typeof errorObject>;

/** The body of every answer that is an error. */
export const errorAnswer = z.lazy(() => z.object({ error: errorObject }));

interface ApiErrorOptions {
  /** For `not_found`: what is missing, named instead of "resource". */
  missing?: MissingKind;
  /** The specific message, as a key of the message catalogue with its values; the base message alone without it. */
  detail?: Detail;
  /** The place in the request, e.g. `messages[2].tool_call_id`. */
  param?: string;
  /** `error.code` where it differs from the type. */
  code?: string;
  provider?: ProviderError;
  /** Milliseconds after which a retry makes sense. */
  retryAfterMs?: number;
  /** Overrides the table where a retry of this very error cannot help. */
  retryable?: boolean;
  /** Response headers this error must carry, e.g. `Allow`. */
  headers?: Record<string, string>;
  /** The internal cause: logged, never sent. */
  cause?: unknown;
}

/** The only error the domain throws on purpose. It says what happened, not how it is sent. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly type: ErrorType;
  readonly missing: MissingKind | null;
  readonly detail: Detail | null;
  readonly param: string | null;
  readonly code: string;
  readonly provider: ProviderError | null;
  readonly retryAfterMs: number | null;
  readonly retryable: boolean;
  readonly headers: Record<string, string>;

  constructor(type: ErrorType, options: ApiErrorOptions = {}) {
    super(type, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.missing = options.missing ?? null;
    this.detail = options.detail ?? null;
    this.param = options.param ?? null;
    this.code = options.code ?? type;
    this.provider = options.provider ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.retryable = options.retryable ?? ERROR_TABLE[type].retryable;
    this.headers = options.headers ?? {};
  }

  /** The same error found inside a larger input: `messages[0]` becomes `inputs[3].messages[0]`. */
  at(prefix: string): ApiError {
    return this.#copy(this.type, this.param === null ? prefix : `${prefix}.${this.param}`);
  }

  /** The same finding under another type. */
  as(type: ErrorType): ApiError {
    return this.#copy(type, this.param);
  }

  #copy(type: ErrorType, param: string | null): ApiError {
    return new ApiError(type, {
      ...(type === this.type && { code: this.code, retryable: this.retryable }),
      ...(type === this.type && this.missing && { missing: this.missing }),
      ...(this.detail && { detail: this.detail }),
      ...(param !== null && { param }),
      ...(this.provider && { provider: this.provider }),
      ...(this.retryAfterMs !== null && { retryAfterMs: this.retryAfterMs }),
      headers: this.headers,
      cause: this.cause,
    });
  }
}

/** For `catch`: says where in the request an error was found. */
export function atParam(param: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof ApiError ? error.at(param) : error;
  };
}
