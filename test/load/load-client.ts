// One account's client: sends, measures, checks what every answer has to be, waits where it is told to, and keeps the books.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cost } from '../../src/contract/chat.ts';
import type { ErrorBody } from '../../src/contract/errors.ts';
import { nanoDollars } from '../e2e/money.ts';
import type { Admitted } from './busiest-minute.ts';
import { Finding, same } from './findings.ts';
import type { ServerLog } from './server-log.ts';
import type { Tally } from './tally.ts';

/** Errors that ask a client to come again later, with their status. */
const PRESSURE: Record<string, number> = {
  rate_limit_exceeded: 429,
  token_limit_exceeded: 429,
  budget_exceeded: 429,
  model_overloaded: 503,
};

/** Nothing here takes longer where the server is alive: the largest is a download of 20 MiB. */
const ANSWER_LIMIT_MS = 180_000;

/** Refused so often, with waits in between, it will never be let in. */
const TRIES_LIMIT = 30;

export interface Call {
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  /** The status that it must have; 200 where nothing is said. */
  expect?: number | readonly number[];
}

export interface Answer {
  status: number;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
  text(): string;
  json<T>(): T;
  requestId: string;
}

let requests = 0;

export class LoadClient {
  readonly name: string;
  readonly origin: string;
  readonly key: string;
  readonly #log: ServerLog;
  readonly #tally: Tally;
  /** Whether a 429 is its own limit and not the server's edge. */
  readonly #isLimited: boolean;
  /** What answers said that they cost, in nano-dollars, and how many they were. */
  spent = { nano: 0, requests: 0 };
  /** Requests of a limited client that its limits let in. */
  readonly admitted: Admitted[] = [];

  constructor(
    { name, origin, key, isLimited }: { name: string; origin: string; key: string; isLimited: boolean },
    log: ServerLog,
    tally: Tally,
  ) {
    this.name = name;
    this.origin = origin;
    this.key = key;
    this.#isLimited = isLimited;
    this.#log = log;
    this.#tally = tally;
  }

  /**
   * The answer, once it is none of 429 and 503 that ask to come again.
   *
   * @param kind what it is counted as
   * @throws Finding where the answer is not what it has to be
   */
  async send(kind: string, method: string, path: string, call: Call = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.sendOnce(kind, method, path, call);
      const waitMs = pressureWaitMs(answer);
      if (waitMs === null || statuses(call).includes(answer.status)) {
        this.#check(kind, answer, call);
        return answer;
      }
      if (attempt === TRIES_LIMIT) throw new Finding(`${kind}: refused ${attempt} times`, answer.text());
      await sleep(waitMs);
    }
  }

  /** One request and its whole answer, whatever its status. */
  async sendOnce(kind: string, method: string, path: string, call: Call = {}): Promise<Answer> {
    const startedAt = performance.now();
    const { response, requestId } = await this.open(kind, method, path, call);
    const bytes = new Uint8Array(await this.#read(kind, requestId, () => response.arrayBuffer()));
    const { status, headers } = response;
    const isPressure = (status === 429 || status === 503) && !this.#isLimited;
    const answeredAt = performance.now();
    this.#tally.add(kind, status, answeredAt - startedAt, isPressure);
    if (this.#isLimited && status !== 429) this.admitted.push({ sentAt: startedAt, answeredAt });
    const text = () => new TextDecoder().decode(bytes);
    const answer = { status, headers, bytes, text, json: <T>(): T => JSON.parse(text()), requestId };
    if (status >= 400) checkError(kind, answer);
    return answer;
  }

  /** A request whose body is the caller's to read. @param ended is told, once the server has ended it, what that cost */
  async open(
    kind: string,
    method: string,
    path: string,
    { json, body, headers }: Call = {},
    { signal, ended }: { signal?: AbortSignal; ended?: (costUsd: number | null) => void } = {},
  ): Promise<{ response: Response; requestId: string }> {
    requests += 1;
    const requestId = `load-${requests}`;
    this.#log.expect(requestId, ended);
    const response = await this.#read(kind, requestId, () =>
      fetch(this.origin + path, {
        method,
        headers: {
          authorization: `Bearer ${this.key}`,
          'x-request-id': requestId,
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
        ...(body !== undefined && { body }),
        signal: signal ?? AbortSignal.timeout(ANSWER_LIMIT_MS),
      }),
    );
    same(`${kind}: another request id`, response.headers.get('x-request-id'), requestId, path);
    return { response, requestId };
  }

  /** Counts a request whose body its caller read. */
  count(kind: string, status: number, ms: number): void {
    this.#tally.add(kind, status, ms);
  }

  /** Books what an answer says it cost. @param requests answered requests, or items of a batch */
  pay(kind: string, cost: Cost | null, about: string, requests = 1): void {
    if (cost === null) throw new Finding(`${kind}: no cost`, about);
    const total = nanoDollars(cost.total_cost);
    same(
      `${kind}: costs do not add up`,
      total,
      nanoDollars(cost.prompt_cost) + nanoDollars(cost.completion_cost),
      about,
    );
    this.spent.nano += total;
    this.spent.requests += requests;
  }

  #check(kind: string, answer: Answer, call: Call): void {
    if (statuses(call).includes(answer.status)) return;
    const type = answer.status >= 400 ? errorOf(answer).type : 'no error';
    throw new Finding(`${kind}: ${answer.status} ${type}`, `${answer.requestId}: ${answer.text()}`);
  }

  /** A connection that fails is a finding of its own, unless its client ended it. */
  async #read<T>(kind: string, requestId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { name, cause } = error as Error;
      if (name === 'AbortError') throw error;
      throw new Finding(
        `${kind}: ${name === 'TimeoutError' ? 'no answer in time' : 'connection'}`,
        `${requestId}: ${error} ${cause ?? ''}`,
      );
    }
  }
}

function statuses({ expect = 200 }: Call): readonly number[] {
  return typeof expect === 'number' ? [expect] : expect;
}

export function errorOf(answer: Answer): ErrorBody {
  return answer.json<{ error: ErrorBody }>().error;
}

/** Milliseconds to wait before the same request makes sense again; null where it does not ask for that. */
function pressureWaitMs(answer: Answer): number | null {
  const { status, headers } = answer;
  if ((status !== 429 && status !== 503) || headers.get('x-should-retry') === 'false') return null;
  return Number(headers.get('retry-after-ms') ?? Number(headers.get('retry-after')) * 1000);
}

/** What holds of every error: the one shape, its request's id, and how long to wait where waiting helps. */
function checkError(kind: string, answer: Answer): void {
  const about = `${answer.requestId}: ${answer.status} ${answer.text().slice(0, 200)}`;
  if (!(answer.headers.get('content-type') ?? '').startsWith('application/json')) {
    throw new Finding(`${kind}: ${answer.status} that is no JSON`, about);
  }
  const { type, message, request_id: id } = errorOf(answer);
  same(`${kind}: an error without its request id`, id, answer.requestId, about);
  if (!type || !message) throw new Finding(`${kind}: ${answer.status} without type or message`, about);
  if (answer.status !== 429 && answer.status !== 503) return;
  same(`${kind}: ${answer.status} of another type`, PRESSURE[type], answer.status, about);
  const waitSeconds = answer.headers.get('retry-after') ?? '';
  if (!/^\d+$/.test(waitSeconds)) throw new Finding(`${kind}: ${answer.status} without Retry-After`, about);
}
