// Documents that a client names by URL, as the servers behind them behave. The guard's own rules are tested with it.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchRemotePart, REMOTE_PART_TIMEOUT_MS } from '../../src/completions/remote-part';
import { ApiError } from '../../src/contract/errors';
import { errorMessage } from '../../src/contract/messages/render';
import { SAMPLES } from '../files/samples';

const PUBLIC_ONLY = { allowPrivate: false };
const MEGABYTE = 1024 ** 2;

type Answer = (url: string, init: RequestInit) => Response | Promise<Response>;

/** The internet: answers by URL, and what was asked. */
function internet(answers: Record<string, Answer>): string[] {
  const asked: string[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = String(input);
    asked.push(url);
    const answer = answers[url];
    if (answer === undefined) throw new TypeError(`no such host: ${url} (secret-of-the-runtime)`);
    return answer(url, init as RequestInit);
  });
  return asked;
}

const png = (headers: Record<string, string> = { 'content-type': 'image/png' }) =>
  new Response(SAMPLES.png, { headers });
const redirect = (location: string, status = 302) => new Response('moved', { status, headers: { location } });

/** A body that comes in so many chunks of a megabyte; `pulled` counts them. */
function endless(chunks: number) {
  const state = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.pulled === chunks) return controller.close();
        state.pulled += 1;
        controller.enqueue(new Uint8Array(MEGABYTE));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, body };
}

async function refusalOf(url: string, limitBytes = MEGABYTE, policy = PUBLIC_ONLY): Promise<ApiError> {
  const error = await fetchRemotePart(url, limitBytes, policy).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`not refused: ${String(error)}`);
  for (const locale of ['en', 'ko'] as const) {
    expect(errorMessage(error, locale)).not.toMatch(/secret-of|moved|stack/);
  }
  return error;
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a URL', () => {
  it('is read, with its type and the last segment of its path', async () => {
    internet({ 'https://a.example/files/%EA%B7%B8%EB%A6%BC.png?v=2': () => png() });
    expect(
      await fetchRemotePart('https://a.example/files/%EA%B7%B8%EB%A6%BC.png?v=2', MEGABYTE, PUBLIC_ONLY),
    ).toEqual({
      bytes: SAMPLES.png,
      mediaType: 'image/png',
      filename: '그림.png',
    });
  });

  it.each<[url: string, filename: string | null]>([
    ['https://a.example', null],
    ['https://a.example/dir/', null],
    ['https://a.example/100%.png', '100%.png'],
    ['https://a.example/a%2Fb%5Cc.png', 'c.png'],
    ['https://a.example/%00%0D%0Ax.png', 'x.png'],
  ])('%s has the file name %j', async (url, filename) => {
    internet({ [new URL(url).href]: () => png(), [url]: () => png() });
    expect(await fetchRemotePart(url, MEGABYTE, PUBLIC_ONLY)).toMatchObject({ filename });
  });

  it('is asked for without anything of the client’s, and its redirects are ours to judge', async () => {
    let sent: RequestInit | undefined;
    internet({
      'https://a.example/a.png': (_url, init) => {
        sent = init;
        return png();
      },
    });
    await fetchRemotePart('https://a.example/a.png', MEGABYTE, PUBLIC_ONLY);
    expect(sent?.headers).toEqual({ 'User-Agent': 'Quire/1' });
    expect(sent?.redirect).toBe('manual');
  });

  it.each([
    ['application/octet-stream'],
    ['binary/octet-stream'],
    ['image/png; charset=binary'],
    ['IMAGE/PNG'],
    [''],
  ])('whose server calls it %j is what its bytes are', async (type) => {
    internet({ 'https://a.example/x': () => png(type === '' ? {} : { 'content-type': type }) });
    expect(await fetchRemotePart('https://a.example/x', MEGABYTE, PUBLIC_ONLY)).toMatchObject({
      mediaType: 'image/png',
    });
  });

  it.each<[type: string, body: Uint8Array<ArrayBuffer>, detail: unknown[]]>([
    ['text/html; charset=utf-8', SAMPLES.html, ['media_type_unsupported', 'text/html']],
    ['image/png', SAMPLES.html, ['media_type_mismatch', 'image/png', 'text/html']],
    ['application/pdf', SAMPLES.png, ['media_type_mismatch', 'application/pdf', 'image/png']],
    ['application/octet-stream', SAMPLES.zip, ['media_type_unsupported', 'application/zip']],
    ['image/svg+xml', SAMPLES.svg, ['media_type_unsupported', 'image/svg+xml']],
  ])('served as %s is a 415 where the list or the bytes say otherwise', async (type, body, detail) => {
    internet({ 'https://a.example/x': () => new Response(body, { headers: { 'content-type': type } }) });
    expect(await refusalOf('https://a.example/x')).toMatchObject({ type: 'unsupported_media_type', detail });
  });

  it.each([400, 401, 403, 404, 410, 429, 500, 503])(
    'that answers %i is a 400 that says so',
    async (status) => {
      internet({ 'https://a.example/x': () => new Response('secret-of-the-server', { status }) });
      expect(await refusalOf('https://a.example/x')).toMatchObject({
        type: 'invalid_request',
        retryable: false,
        detail: ['part_fetch_status', status],
      });
    },
  );

  it('that answers nothing is a 400', async () => {
    internet({ 'https://a.example/x': () => new Response(null, { status: 204 }) });
    expect(await refusalOf('https://a.example/x')).toMatchObject({ detail: ['file_empty'] });
  });

  it('whose server cannot be reached is a 400 in our own words', async () => {
    internet({});
    const error = await refusalOf('https://a.example/x');
    expect(error).toMatchObject({ type: 'invalid_request', detail: ['part_fetch_failed'] });
    expect(String(error.cause)).toContain('secret-of-the-runtime');
  });

  it('whose server breaks off is a 400', async () => {
    const body = () =>
      new ReadableStream({
        pull(controller) {
          controller.error(new Error('secret-of-the-runtime'));
        },
      });
    internet({ 'https://a.example/x': () => new Response(body()) });
    expect(await refusalOf('https://a.example/x')).toMatchObject({ detail: ['part_fetch_failed'] });
  });

  it.each([
    'http://a.example/x',
    'https://127.0.0.1/x',
    'https://localhost/x',
    'https://[::1]/x',
    'https://169.254.169.254/latest/meta-data',
    'https://user:pass@a.example/x',
    'https://a.example:8443/x',
  ])('that the guard refuses is never asked: %s', async (url) => {
    const asked = internet({ [url]: () => png() });
    const error = await refusalOf(url);
    expect(error).toMatchObject({
      type: 'invalid_request',
      detail: ['part_url_refused', expect.any(Array)],
    });
    expect(asked).toEqual([]);
  });

  it('on a private address is read where the deployment allows it', async () => {
    internet({ 'http://127.0.0.1:9000/a.png': () => png() });
    expect(
      await fetchRemotePart('http://127.0.0.1:9000/a.png', MEGABYTE, { allowPrivate: true }),
    ).toMatchObject({
      filename: 'a.png',
    });
  });
});

describe('a redirect', () => {
  it('is followed three times, relative ones too, and the name stays the client’s', async () => {
    const asked = internet({
      'https://a.example/doc': () => redirect('/v2/doc', 301),
      'https://a.example/v2/doc': () => redirect('//b.example/doc', 307),
      'https://b.example/doc': () => redirect('https://cdn.example/0f3a', 308),
      'https://cdn.example/0f3a': () => png(),
    });
    expect(await fetchRemotePart('https://a.example/doc', MEGABYTE, PUBLIC_ONLY)).toMatchObject({
      filename: 'doc',
    });
    expect(asked).toHaveLength(4);
  });

  it('that goes on after three is a 400', async () => {
    const asked = internet({ 'https://a.example/loop': (url) => redirect(url) });
    expect(await refusalOf('https://a.example/loop')).toMatchObject({ detail: ['part_fetch_redirects', 3] });
    expect(asked).toHaveLength(4);
  });

  it.each([
    'http://b.example/x',
    'https://127.0.0.1/x',
    'https://2130706433/x',
    '//metadata.google.internal/x',
    'file:///etc/passwd',
    'data:image/png;base64,iVBORw0KGgo=',
    'https://b.example:22/x',
    'https://',
  ])('to where the guard lets no one is not followed: %s', async (location) => {
    const asked = internet({ 'https://a.example/x': () => redirect(location) });
    expect(await refusalOf('https://a.example/x')).toMatchObject({
      type: 'invalid_request',
      detail: ['part_url_refused', expect.any(Array)],
    });
    expect(asked).toEqual(['https://a.example/x']);
  });

  it('to nowhere is the status it is', async () => {
    internet({ 'https://a.example/x': () => new Response(null, { status: 302 }) });
    expect(await refusalOf('https://a.example/x')).toMatchObject({ detail: ['part_fetch_status', 302] });
  });

  it('takes its own body with it', async () => {
    const { body, state } = endless(5);
    internet({
      'https://a.example/x': () =>
        new Response(body, { status: 302, headers: { location: 'https://b.example/y' } }),
      'https://b.example/y': () => png(),
    });
    await fetchRemotePart('https://a.example/x', MEGABYTE, PUBLIC_ONLY);
    expect(state).toEqual({ pulled: 0, cancelled: true });
  });
});

describe('a body', () => {
  it('may take the limit to the byte', async () => {
    internet({ 'https://a.example/x': () => png() });
    expect(await fetchRemotePart('https://a.example/x', SAMPLES.png.length, PUBLIC_ONLY)).toMatchObject({
      bytes: SAMPLES.png,
    });
    expect(await refusalOf('https://a.example/x', SAMPLES.png.length - 1)).toMatchObject({
      detail: ['part_too_large', 0],
    });
  });

  it('that says it is too large is not read', async () => {
    const { body, state } = endless(5);
    internet({
      'https://a.example/x': () =>
        new Response(body, { headers: { 'content-length': String(5 * MEGABYTE) } }),
    });
    expect(await refusalOf('https://a.example/x', 2 * MEGABYTE)).toMatchObject({
      detail: ['part_too_large', 2],
    });
    expect(state).toEqual({ pulled: 0, cancelled: true });
  });

  it('that does not say so is let go of where the limit ends', async () => {
    const { body, state } = endless(1000);
    internet({ 'https://a.example/x': () => new Response(body) });
    expect(await refusalOf('https://a.example/x', 2 * MEGABYTE)).toMatchObject({
      detail: ['part_too_large', 2],
    });
    expect(state).toEqual({ pulled: 3, cancelled: true });
  });
});

describe('20 seconds', () => {
  const timedOut = { type: 'invalid_request', detail: ['part_fetch_timeout', 20] };

  it('are all that a server has to answer', async () => {
    vi.useFakeTimers();
    internet({
      'https://a.example/x': (_url, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted: secret-of-the-runtime')));
        }),
    });
    const refusal = refusalOf('https://a.example/x');
    await vi.advanceTimersByTimeAsync(REMOTE_PART_TIMEOUT_MS);
    expect(await refusal).toMatchObject(timedOut);
  });

  it('are all that a body has, even one that just stays silent', async () => {
    vi.useFakeTimers();
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(SAMPLES.png);
      },
      cancel() {
        cancelled = true;
      },
    });
    internet({
      'https://a.example/x': () => new Response(body, { headers: { 'content-type': 'image/png' } }),
    });
    const refusal = refusalOf('https://a.example/x');
    await vi.advanceTimersByTimeAsync(REMOTE_PART_TIMEOUT_MS);
    expect(await refusal).toMatchObject(timedOut);
    expect(cancelled).toBe(true);
  });

  it('leave no timer behind', async () => {
    vi.useFakeTimers();
    internet({ 'https://a.example/x': () => png() });
    await fetchRemotePart('https://a.example/x', MEGABYTE, PUBLIC_ONLY);
    expect(vi.getTimerCount()).toBe(0);
  });
});
