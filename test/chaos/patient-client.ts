// A careful client: what is not answered, or with an error that may pass, is sent again under the same `Idempotency-Key`.
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any answer takes that still comes. */
const ANSWER_LIMIT_MS = 30_000;
/** Longer than any chaos lasts: a request that is not answered by then never will be. */
const PATIENCE_MS = 240_000;
const LOOK_INTERVAL_MS = 250;
/** A client of a test need not wait as long as it is told. */
const WAIT_LIMIT_MS = 1_500;

export interface Answer<T> {
  status: number;
  body: T;
  /** How often it was sent. */
  tries: number;
}

export interface Asking {
  json?: unknown;
  /** Made anew for each try. */
  form?: () => FormData;
  idempotencyKey?: string;
  /** An error to be taken for final, though others like it pass. */
  isFinal?: (status: number, text: string) => boolean;
}

export class PatientClient {
  readonly origin: string;
  readonly key: string;

  constructor(origin: string, key: string) {
    this.origin = origin;
    this.key = key;
  }

  async bytes(path: string): Promise<{ status: number; bytes: Buffer }> {
    const { response, bytes } = await this.#insist('GET', path, {});
    return { status: response.status, bytes };
  }

  async ask<T>(method: string, path: string, asking: Asking = {}): Promise<Answer<T>> {
    const { response, bytes, tries } = await this.#insist(method, path, asking);
    const text = bytes.toString();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T, tries };
  }

  /** For an answer in events: all that came of it, to its end or to where it was cut off. A refusal comes whole. */
  async stream(
    path: string,
    asking: Asking,
  ): Promise<{ status: number; requestId: string | null; text: string }> {
    const { response, bytes } = await this.#insist('POST', path, asking);
    const requestId = response.headers.get('x-request-id');
    return { status: response.status, requestId, text: bytes.toString() };
  }

  /** The answer's JSON. @throws Error for any status but 2xx */
  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.ask<T>('GET', path);
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async #insist(
    method: string,
    path: string,
    asking: Asking,
  ): Promise<{ response: Response; bytes: Buffer; tries: number }> {
    const until = Date.now() + PATIENCE_MS;
    let last = 'nothing';
    for (let tries = 1; Date.now() < until; tries++) {
      try {
        const response = await this.#send(method, path, asking);
        const bytes = await bodyOf(response);
        const isFinal = asking.isFinal?.(response.status, bytes.toString()) ?? false;
        if (isFinal || !isWorthAnotherTry(response)) return { response, bytes, tries };
        last = `${response.status} ${bytes.toString().slice(0, 300)}`;
        await sleep(
          Math.min(WAIT_LIMIT_MS, Number(response.headers.get('retry-after-ms') ?? LOOK_INTERVAL_MS)),
        );
      } catch (error) {
        // The server is down, or was while it answered.
        last = String(error);
        await sleep(LOOK_INTERVAL_MS);
      }
    }
    throw new Error(`${method} ${path} was never answered; the last answer was ${last}`);
  }

  #send(method: string, path: string, { json, form, idempotencyKey }: Asking): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(form !== undefined && { body: form() }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
  }
}

/** What has begun to stream cannot be asked for again: what came of it is the answer. */
async function bodyOf(response: Response): Promise<Buffer> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (!isStream || response.body === null) return Buffer.from(await response.arrayBuffer());
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of response.body) pieces.push(piece);
  } catch {
    // The server is down, and its reader sees by what came that it did not end.
  }
  return Buffer.concat(pieces);
}

function isWorthAnotherTry({ status, headers }: Response): boolean {
  const mayRetry = headers.get('x-should-retry');
  if (status >= 500) return true;
  return (status === 409 || status === 429) && mayRetry !== 'false' && headers.has('retry-after');
}
