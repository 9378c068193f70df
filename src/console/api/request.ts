// Requests to the API of this origin with the key of who is signed in, and its errors as one class.
import type { ErrorBody } from '../../contract/errors';
import { locale, messages } from '../preferences';
import { accountKey, adminKey, signOut, signOutAsAdmin } from '../session';

/** The API's errors, and what the console makes of answers that are none of the API's. */
interface FailureFacts extends Pick<ErrorBody, 'message' | 'param' | 'request_id'> {
  type: string;
}

/** What the API answered instead of what was asked for; `status` is null where no answer came. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number | null;
  readonly type: string;
  readonly param: string | null;
  readonly requestId: string | null;

  constructor(status: number | null, facts: FailureFacts) {
    super(facts.message);
    this.status = status;
    this.type = facts.type;
    this.param = facts.param;
    this.requestId = facts.request_id ?? null;
  }
}

interface RequestOptions {
  /** Sent as JSON, or as it is where it is a form. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** In place of the key of who is signed in. */
  key?: string;
}

/**
 * The answer to a request, once its status says success.
 *
 * @throws ApiFailure for any other status and for none at all; an abort's own error
 */
export async function request(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { ...commonHeaders(path), ...options.headers };
  if (options.key !== undefined) headers.Authorization = `Bearer ${options.key}`;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.signal && { signal: options.signal }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw noAnswer();
  }
  if (response.ok) return response;
  const text = await whole(response.text());
  const failure = failureOf(response.status, text, response.headers.get('x-request-id'));
  if (options.key === undefined) endSessionAfter(failure, path);
  throw failure;
}

/** The JSON of an answer. @throws as `request` does */
export async function requestJson<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
  const response = await request(method, path, options);
  return (await whole(response.json())) as T;
}

/** What is read of an answer's body. @throws ApiFailure where it breaks off */
export async function whole<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    // What the network breaks off is a TypeError; an abort, text that is no JSON and what a disk refuses are not.
    throw error instanceof TypeError ? noAnswer() : error;
  }
}

/** The key that a path asks for, and the language to answer in. */
export function commonHeaders(path: string): Record<string, string> {
  const key = isAdminPath(path) ? adminKey.value : accountKey.value;
  return { Authorization: `Bearer ${key ?? ''}`, 'Accept-Language': locale.value };
}

export function noAnswer(): ApiFailure {
  return new ApiFailure(null, { type: 'network', message: messages.value.errors.noAnswer, param: null });
}

/** An answer that is no success, whatever its body is. */
export function failureOf(status: number, text: string, requestId: string | null): ApiFailure {
  try {
    const { error } = JSON.parse(text) as { error: ErrorBody };
    return new ApiFailure(status, { ...(requestId !== null && { request_id: requestId }), ...error });
  } catch {
    const message = messages.value.errors.unexpected(status);
    return new ApiFailure(status, {
      type: `http_${status}`,
      message,
      param: null,
      ...(requestId !== null && { request_id: requestId }),
    });
  }
}

/** A key that is refused opens nothing more. */
export function endSessionAfter(failure: ApiFailure, path: string): void {
  if (failure.status !== 401) return;
  if (isAdminPath(path)) signOutAsAdmin(failure);
  else signOut(failure);
}

function isAdminPath(path: string): boolean {
  return path.startsWith('/api/v1/admin/');
}
