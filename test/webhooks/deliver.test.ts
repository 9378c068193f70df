// One delivery attempt: what is sent, and how every kind of answer counts.
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deliverWebhook, type WebhookMessage } from '../../src/webhooks/deliver';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MESSAGE: WebhookMessage = {
  url: 'https://example.com/hook?token=hidden',
  secrets: [SECRET],
  id: 'evt_1',
  sequence: null,
  body: '{"id":"batch_1","text":"완료"}',
  policy: { allowPrivate: false },
};

const deliver = (change: Partial<WebhookMessage> = {}) =>
  deliverWebhook({ ...MESSAGE, ...change }, Date.now());

/** Each answer is made as it is asked for. */
const answerWith = (answer: (init: RequestInit) => Response | Promise<Response>) =>
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => answer(init ?? {}));

/** As the real fetch: rejects when its signal is aborted. */
const answerNever = (init: RequestInit) =>
  new Promise<Response>((_resolve, reject) => {
    init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
  });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the request', () => {
  it('is a POST of the exact body, signed, with an id and a time', async () => {
    const fetched = answerWith(() => new Response(null, { status: 204 }));
    expect(await deliver()).toMatchObject({ status: 204, error: null, retryAfterMs: null });

    expect(fetched).toHaveBeenCalledOnce();
    const [url, init] = fetched.mock.calls[0] ?? [];
    const request = new Request(url ?? '', init);
    expect(request.url).toBe(MESSAGE.url);
    expect(request.method).toBe('POST');
    expect(request.redirect).toBe('manual');
    expect(request.headers.get('content-type')).toBe('application/json');
    expect(request.headers.get('user-agent')).toBe('Quire-Webhooks/1');
    expect(request.headers.get('x-webhook-signature')).toMatch(/^sha256=[0-9a-f]{64}$/);
    const body = await request.text();
    expect(body).toBe(MESSAGE.body);
    expect(new Webhook(SECRET).verify(body, Object.fromEntries(request.headers))).toEqual(JSON.parse(body));
  });

  it('has no signature where there is no secret', async () => {
    const fetched = answerWith(() => new Response());
    await deliver({ secrets: [] });
    const headers = new Headers(fetched.mock.calls[0]?.[1]?.headers);
    expect(headers.get('webhook-id')).toBe('evt_1');
    expect(headers.has('webhook-signature')).toBe(false);
    expect(headers.has('x-webhook-signature')).toBe(false);
  });

  it('carries the same id and a fresh time at every attempt', async () => {
    const fetched = answerWith(() => new Response());
    for (const now of [1_700_000_000_999, 1_700_000_005_000]) await deliverWebhook(MESSAGE, now);
    const sent = fetched.mock.calls.map(([, init]) => new Headers(init?.headers));
    expect(sent.map((headers) => headers.get('webhook-id'))).toEqual(['evt_1', 'evt_1']);
    expect(sent.map((headers) => headers.get('webhook-timestamp'))).toEqual(['1700000000', '1700000005']);
    expect(sent[0]?.get('webhook-signature')).not.toBe(sent[1]?.get('webhook-signature'));
  });
});

describe('an answer', () => {
  it.each([
    [200, null],
    [202, null],
    [301, 'HTTP 301 (redirects are not followed)'],
    [307, 'HTTP 307 (redirects are not followed)'],
    [400, 'HTTP 400'],
    [410, 'HTTP 410'],
    [500, 'HTTP 500'],
  ])('of status %i is told as it is', async (status, error) => {
    const fetched = answerWith(
      () => new Response('body', { status, headers: { location: 'https://example.com/2' } }),
    );
    expect(await deliver()).toMatchObject({ status, error, retryAfterMs: null });
    expect(fetched).toHaveBeenCalledOnce();
  });

  it('may ask for a wait in seconds or until a date', async () => {
    const now = Date.UTC(2027, 0, 1);
    const waits: unknown[] = [];
    for (const header of ['120', 'Fri, 01 Jan 2027 00:05:00 GMT', 'soon']) {
      answerWith(() => new Response('', { status: 503, headers: { 'retry-after': header } }));
      waits.push((await deliverWebhook(MESSAGE, now)).retryAfterMs);
    }
    expect(waits).toEqual([120_000, 300_000, null]);
  });

  it('is kept to its first characters, each of them whole', async () => {
    answerWith(() => new Response(`x${'😀'.repeat(300)}`, { status: 500 }));
    expect((await deliver()).response).toBe(`x${'😀'.repeat(249)}`);
  });

  it('is read for a few kilobytes, then let go', async () => {
    let pulled = 0;
    const cancelled = vi.fn();
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (stream) => {
          pulled += 1024;
          stream.enqueue(new Uint8Array(1024));
        },
        cancel: cancelled,
      });
    answerWith(() => new Response(endless()));
    expect(await deliver()).toMatchObject({ status: 200, error: null });
    expect(cancelled).toHaveBeenCalledOnce();
    expect(pulled).toBeLessThanOrEqual(8 * 1024);
  });

  it('counts by its status where the body breaks off', async () => {
    const broken = () =>
      new ReadableStream<Uint8Array>({
        pull: () => {
          throw new Error('reset');
        },
      });
    answerWith(() => new Response(broken()));
    expect(await deliver()).toMatchObject({ status: 200, error: null });
    answerWith(() => new Response(broken(), { status: 500 }));
    expect(await deliver()).toMatchObject({ status: 500, error: 'HTTP 500' });
  });

  it('counts by its status where the body hangs, and is given 30 s', async () => {
    vi.useFakeTimers();
    const cancelled = vi.fn();
    answerWith(() => new Response(new ReadableStream({ cancel: cancelled })));
    const delivery = deliver();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(cancelled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await delivery).toEqual({
      status: 200,
      durationMs: 30_000,
      error: null,
      response: null,
      retryAfterMs: null,
    });
    expect(cancelled).toHaveBeenCalled();
  });
});

describe('without an answer', () => {
  it('the outcome is a timeout after 30 s', async () => {
    vi.useFakeTimers();
    answerWith(answerNever);
    const delivery = deliver();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await delivery).toEqual({
      status: null,
      durationMs: 30_000,
      error: 'timed out after 30 s',
      response: null,
      retryAfterMs: null,
    });
  });

  it.each([
    ['Network connection lost.', 'connection failed: refused or lost'],
    [`internal error; reference = 1 (${MESSAGE.url})`, 'connection failed'],
  ])("the outcome says that the connection failed, not in the runtime's words: %s", async (cause, error) => {
    const logged = vi.spyOn(console, 'warn').mockReturnValue();
    answerWith(() => {
      throw new TypeError(cause);
    });
    expect(await deliver()).toMatchObject({ status: null, error, retryAfterMs: null });
    const logText = JSON.stringify({ event: 'webhook.failed', cause: cause.replace(MESSAGE.url, '[url]') });
    expect(logged).toHaveBeenCalledExactlyOnceWith(logText);
  });

  it('no timer stays behind', async () => {
    vi.useFakeTimers();
    answerWith(() => new Response('ok'));
    await deliver();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it.each([
  ['https://10.0.0.1/hook', 'this URL cannot be used: the address 10.0.0.1 is not a public one'],
  ['http://example.com/hook', 'this URL cannot be used: it must start with https://, not http://'],
  [
    'https://user:hidden@example.com/',
    'this URL cannot be used: it must not contain a user name or password',
  ],
  ['not a URL', 'this URL cannot be used: it is not a complete URL, e.g. https://example.com/path'],
])('sends nothing to %s', async (url, error) => {
  const fetched = answerWith(() => new Response());
  expect(await deliver({ url })).toMatchObject({ status: null, error, retryAfterMs: null });
  expect(fetched).not.toHaveBeenCalled();
});

it('reaches private targets where the policy allows them', async () => {
  const fetched = answerWith(() => new Response());
  expect(await deliver({ url: 'http://127.0.0.1:9000/', policy: { allowPrivate: true } })).toMatchObject({
    status: 200,
  });
  expect(fetched).toHaveBeenCalledOnce();
});
