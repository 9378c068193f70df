// Refusals in Korean as a client meets them: nothing in them is an English sentence.
import { beforeAll, describe, expect, it } from 'vitest';
import { type Call, type Client, errorOf, newClient } from './client';

/** More than two English words in a row that are not quoted. */
const ENGLISH = /[A-Za-z]+(?: +[A-Za-z]+){2,}/;

const HI = [{ role: 'user', content: 'hi' }];

function chat(members: object): Call {
  return { json: { model: 'sandbox', messages: HI, ...members } };
}

function text(body: string, type = 'application/json'): Call {
  return { body, headers: { 'content-type': type } };
}

function form(...parts: string[]): Call {
  return text(`${parts.join('\r\n')}\r\n--x--\r\n`, 'multipart/form-data; boundary=x');
}

const withSchema = (schema: object) =>
  chat({ response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema } } });

const CHAT = '/v1/chat/completions';
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const says = (answer: string) => [{ role: 'user', content: `x\n@sandbox text=${answer}` }];

const REFUSALS: [what: string, path: string, call: Call, korean: string][] = [
  ['a body that is no JSON', CHAT, text('{"a": nope}'), '(7열에 잘못된 문자 "n")'],
  ['a body that is cut off', CHAT, text('{\n"a":'), '(2행 5열에서 끝나 버림)'],
  ['a body in another charset', CHAT, text('{}', 'application/json; charset=euc-kr'), 'UTF-8로 보내세요'],
  [
    'a body that is packed',
    '/v1/files',
    { body: 'x', headers: { 'content-encoding': 'gzip' } },
    'Content-Encoding 없이 그대로 보내세요',
  ],
  ['a member of a wrong type', CHAT, chat({ n: 'x' }), '숫자여야 합니다'],
  ['a message that is missing', CHAT, chat({ messages: [] }), '항목이 1개 이상이어야 합니다'],
  [
    'an unknown role',
    CHAT,
    chat({ messages: [{ role: 'me', content: 'x' }] }),
    '다음 중 하나여야 합니다: "system"',
  ],
  ['a schema with a wrong type', CHAT, withSchema({ type: 'strin' }), '/type: 배열이어야 합니다'],
  ['a schema with a lookahead', CHAT, withSchema({ pattern: '(?=a)' }), '선형 시간에'],
  ['a schema that has no end', CHAT, withSchema({ $ref: '#' }), '끝없이 자신을 참조하거나'],
  [
    'an answer that does not fit',
    CHAT,
    {
      json: {
        model: 'sandbox',
        messages: says('{"city":5}'),
        response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: CITY } },
      },
    },
    '/city: 문자열이어야 합니다',
  ],
  [
    'an answer that is no JSON',
    CHAT,
    chat({ messages: says('well'), response_format: { type: 'json_object' } }),
    '응답이 JSON이 아닙니다',
  ],
  [
    'a part at another scheme',
    CHAT,
    chat({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'ftp://a.test/b' } }] }],
    }),
    'https:',
  ],
  [
    'a webhook at another scheme',
    '/api/v1/webhooks',
    { json: { url: 'ftp://a.test/' } },
    '로 시작해야 합니다',
  ],
  ['a webhook with a password', '/api/v1/webhooks', { json: { url: 'http://a:b@c.test/' } }, '비밀번호'],
  ['a webhook at no URL', '/api/v1/webhooks', { json: { url: 'here' } }, '완전한 URL이 아닙니다'],
  [
    'an unknown event',
    '/api/v1/webhooks',
    { json: { url: 'http://c.test/', events: ['x'] } },
    '다음 중 하나',
  ],
  ['a form without a boundary', '/v1/files', text('x', 'multipart/form-data'), 'boundary가 없습니다'],
  [
    'a form with a nameless part',
    '/v1/files',
    form('--x', 'Content-Disposition: form-data', '', 'a'),
    '이름이 없는',
  ],
  [
    'a form with a bad header',
    '/v1/files',
    form('--x', 'Content Disposition: x', '', 'a'),
    '헤더가 올바르지',
  ],
  ['a form without a part', '/v1/files', text('no parts', 'multipart/form-data; boundary=x'), 'boundary'],
  [
    'an upload of nothing',
    '/v1/uploads',
    { json: { bytes: 0, filename: 'a', mime_type: '', purpose: 'vision' } },
    '1 이상',
  ],
  [
    'a window that is none',
    '/api/v1/batches',
    { json: { model: 'sandbox', inputs: [{ messages: HI }], completion_window: '9w' } },
    '24h',
  ],
];

let client: Client;
beforeAll(async () => {
  client = await newClient();
});

describe('a refusal in Korean', () => {
  it.each(REFUSALS)('of %s', async (_what, path, call, korean) => {
    const headers = { ...call.headers, 'accept-language': 'ko' };
    const response = await client.send('POST', path, { ...call, headers });
    const { message } = await errorOf(response);
    expect(message).toContain(korean);
    expect(message.replace(/"[^"]*"|https?:\S+/g, '')).not.toMatch(ENGLISH);
  });
});
