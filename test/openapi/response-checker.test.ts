// The check that all other tests rely on: it must find what the OpenAPI document does not describe.
import { describe, expect, it } from 'vitest';
import { FILE } from '../../src/http/openapi/examples/files';
import { checked, problemsOf, type Seen } from './response-checker';

const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1764031500,
  model: 'sandbox',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hi', refusal: null }, finish_reason: 'stop' },
  ],
  usage: {
    prompt_tokens: 1,
    completion_tokens: 1,
    total_tokens: 2,
    prompt_tokens_details: { cached_tokens: 0, text_tokens: 1, image_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { text_tokens: 1, reasoning_tokens: 0 },
  },
  cost: null,
};

/** What every answer has. */
const COMMON = { 'x-request-id': 'req_1', 'server-timing': 'total;dur=1' };

const ERROR = { type: 'not_found', code: 'not_found', message: 'No', param: null, request_id: 'req_1' };

/** An answer of JSON, as documented unless told otherwise. */
function answer(body: unknown, members: Partial<Seen> = {}, headers: Record<string, string> = {}): Seen {
  return {
    method: 'GET',
    path: '/api/v1/files/file_1',
    status: 200,
    headers: new Headers({ 'content-type': 'application/json', ...COMMON, ...headers }),
    body: JSON.stringify(body),
    ...members,
  };
}
const chat = (body: unknown) => answer(body, { method: 'POST', path: '/v1/chat/completions' });
const notFound = (error: object) => answer({ error }, { status: 404 }, { 'x-should-retry': 'false' });
const events = (body: string) =>
  answer(
    null,
    { path: '/api/v1/batches/batch_1/stream', body },
    {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    },
  );

describe('the check of an answer against the document', () => {
  it('finds nothing wrong with documented answers', () => {
    expect(problemsOf(answer(FILE))).toEqual([]);
    expect(problemsOf(notFound(ERROR))).toEqual([]);
    expect(problemsOf(chat(COMPLETION))).toEqual([]);
    expect(
      problemsOf(
        answer(
          null,
          { status: 304, path: '/openapi.json', body: '' },
          { etag: '"1"', 'cache-control': 'no-cache' },
        ),
      ),
    ).toEqual([]);
  });

  it.each([
    ['a status', answer(FILE, { status: 418 })],
    ['a media type', answer(FILE, {}, { 'content-type': 'application/xml' })],
    ['a member', answer({ ...FILE, owner: 'me' })],
    ['a member further in', chat({ ...COMPLETION, usage: { ...COMPLETION.usage, cached: 1 } })],
    ["an error's member", notFound({ ...ERROR, stack: 'at …' })],
    ["an error's type on this operation", notFound({ ...ERROR, type: 'conflict' })],
  ])('finds %s that is not documented', (_what, seen) => {
    expect(problemsOf(seen)).not.toEqual([]);
  });

  it.each([
    ['member', answer({ ...FILE, sha256: undefined }), 'sha256'],
    [
      'header',
      answer(FILE, { headers: new Headers({ 'content-type': 'application/json' }) }),
      'x-request-id',
    ],
    ['header of errors', answer({ error: ERROR }, { status: 404 }), 'x-should-retry'],
  ])('finds a %s that is missing', (_what, seen, name) => {
    expect(problemsOf(seen).join()).toContain(name);
  });

  it('finds values of other types, and headers that are not what they should be', () => {
    expect(problemsOf(answer({ ...FILE, size: '12' }))).not.toEqual([]);
    expect(problemsOf(answer({ ...FILE, created_at: 'today' }))).not.toEqual([]);
    expect(problemsOf(answer({ error: ERROR }, { status: 404 }, { 'x-should-retry': 'maybe' }))).not.toEqual(
      [],
    );
  });

  it('lets members of providers through in the choices of a chat, and nowhere else', () => {
    const [choice] = COMPLETION.choices;
    expect(problemsOf(chat({ ...COMPLETION, choices: [{ ...choice, content_filter_results: {} }] }))).toEqual(
      [],
    );
    expect(problemsOf(chat({ ...COMPLETION, service_tier: 'default' }))).not.toEqual([]);
  });

  it('reads every event of a stream', () => {
    const status =
      'retry: 2000\n\nid: 1\nevent: status\ndata: {"status":"running","completed":0,"failed":0,"total":2}\n\n: keep-alive\n\n';
    expect(problemsOf(events(status))).toEqual([]);
    expect(problemsOf(events(`${status}id: 2\nevent: paused\ndata: {}\n\n`))).not.toEqual([]);
    expect(problemsOf(events(status.replace('"total"', '"all"')))).not.toEqual([]);
  });

  it('takes a 404 or a refused key where no operation is documented, and nothing else', () => {
    expect(problemsOf(answer({ error: ERROR }, { status: 404, path: '/nope' }))).toEqual([]);
    expect(problemsOf(answer({ error: ERROR }, { status: 405, method: 'PUT' }))).toEqual([]);
    expect(problemsOf(answer({ error: { ...ERROR, more: 1 } }, { status: 404, path: '/nope' }))).not.toEqual(
      [],
    );
    expect(problemsOf(answer({}, { path: '/nope' }))).not.toEqual([]);
  });
});

describe('an answer on its way to a test', () => {
  const headers = {
    'content-type': 'text/event-stream',
    ...COMMON,
    'cache-control': 'no-cache',
  };
  const url = 'http://quire/api/v1/batches/batch_1/stream';

  it('is handed on as it was', async () => {
    const { body, headers } = answer(FILE);
    const response = await checked(
      'GET',
      'http://quire/api/v1/files/file_1?x=1',
      new Response(body, { headers }),
    );
    expect(await response.json()).toEqual(FILE);
  });

  it('fails the test at once, naming the request', async () => {
    const response = Response.json({ ...FILE, owner: 'me' }, { headers: COMMON });
    await expect(checked('GET', 'http://quire/api/v1/files/file_1', response)).rejects.toThrow(
      /^GET \/api\/v1\/files\/file_1 answered 200/,
    );
  });

  it('fails the reader of a stream at its end', async () => {
    const stream = await checked('GET', url, new Response('event: paused\ndata: {}\n\n', { headers }));
    await expect(stream.text()).rejects.toThrow('answered 200');
  });
});
