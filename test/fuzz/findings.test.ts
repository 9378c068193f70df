// The fuzzer's judgement: what it must call a fault, and what it must never send.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_OPERATIONS, type FoundOperation } from '../openapi/api-document';
import { Choice } from './choice.ts';
import { Findings, faultsOf } from './findings.ts';
import { damagedText, otherBytes, withOddMember } from './json-mutations.ts';
import { jsonText } from './odd-values.ts';
import type { Plan } from './request-maker.ts';
import { Targets } from './targets.ts';
import { curlCommand, type WireAnswer } from './wire-request.ts';

const ORIGIN = 'http://127.0.0.1:1';
const REQUEST_ID = `req_${'0'.repeat(24)}`;

const plan: Plan = {
  found: ALL_OPERATIONS.find(({ path }) => path === '/api/v1/files/{id}') as FoundOperation,
  account: 'acct_1',
  isValid: true,
  request: { method: 'GET', target: '/api/v1/files/file_1', headers: [], body: null },
};

function answer(status: number, error: object, headers: Record<string, string> = {}): WireAnswer {
  const common = {
    'content-type': 'application/json',
    'x-request-id': REQUEST_ID,
    'server-timing': 'total;dur=1',
    'x-should-retry': 'false',
    'retry-after': '1',
    'retry-after-ms': '1000',
  };
  const body = Buffer.from(JSON.stringify({ error }));
  return { status, headers: new Headers({ ...common, ...headers }), body, isWhole: true };
}

const error = { type: 'not_found', code: 'not_found', message: 'No', param: null, request_id: REQUEST_ID };

describe('an answer', () => {
  it('as documented has no fault', () => {
    expect(faultsOf(ORIGIN, plan, answer(404, error))).toEqual([]);
  });

  it.each<[what: string, seen: WireAnswer, fault: string]>([
    [
      'that is our own failure',
      answer(500, { ...error, type: 'internal_error' }),
      'a 500 that nobody asked for',
    ],
    ['of a status that is not documented', answer(418, error), 'not documented'],
    ['with a member that is not documented', answer(404, { ...error, stack: 'at' }), 'stack'],
    ['that names another request', answer(404, { ...error, request_id: 'req_2' }), 'another request'],
    ['without an id', answer(404, error, { 'x-request-id': '' }), 'x-request-id'],
    ['that is no JSON', { ...answer(404, error), body: Buffer.from('<h1>') }, 'cannot be read'],
    ['that is not UTF-8', { ...answer(404, error), body: Buffer.from([0xff]) }, 'cannot be read'],
  ])('%s has one', (_what, seen, fault) => {
    expect(faultsOf(ORIGIN, plan, seen).join()).toContain(fault);
  });

  it('of the same fault again is counted', () => {
    const findings = new Findings();
    findings.add(plan, 500, 'no file_000000000001 at 12');
    findings.add(plan, 500, 'no file_000000000002 at 345');
    findings.add(plan, 500, 'something else');
    expect(findings.list().map(({ count }) => count)).toEqual([2, 1]);
  });
});

describe('what is sent', () => {
  let targets: Targets;
  beforeAll(async () => {
    targets = await Targets.start();
  });
  afterAll(() => targets.stop());

  it('names no URL that leads off this machine, whatever became of it', () => {
    const choice = new Choice(7);
    const text = jsonText({ url: `${targets.receiver}/ok`, more: [targets.closed, targets.nowhere] });
    expect(targets.areAllIn(Buffer.from(text))).toBe(true);
    for (const url of [
      'http://example.com',
      'https:\\\\1.1.1.1/',
      'HTTP:/127.0.0.11',
      'http://quire.invalid.com',
    ])
      expect(targets.areAllIn(Buffer.from(jsonText({ url })))).toBe(false);
    expect(targets.areAllIn(Buffer.from(jsonText({ url: 'http://7.0.0.1' }), 'utf16le'))).toBe(false);
    for (let count = 0; count < 2000; count++) {
      const bytes = choice.pick([
        Buffer.from(damagedText(text, choice)),
        otherBytes(text, choice),
        Buffer.from(jsonText(withOddMember(JSON.parse(text), choice))),
      ]);
      if (!targets.areAllIn(bytes)) continue;
      const hosts =
        bytes
          .toString('latin1')
          .replaceAll('\0', '')
          .match(/(?<=https?:\/\/)[^/"?#\s]+/g) ?? [];
      for (const host of hosts) expect(host).toMatch(/^(127\.0\.0\.1:\d+|quire\.invalid)$/);
    }
  });

  it('is the same for the same seed', () => {
    const values = (seed: number) => {
      const choice = new Choice(seed);
      return Array.from({ length: 50 }, () =>
        jsonText(withOddMember({ a: [1, { b: 'c' }], d: null }, choice)),
      );
    };
    expect(values(3)).toEqual(values(3));
    expect(values(3)).not.toEqual(values(4));
  });

  it('can be sent again by a shell', () => {
    const headers: [string, string][] = [['Authorization', "Bearer it's"]];
    const request = { method: 'POST', target: '/v1/files?a=b', headers };
    expect(curlCommand(ORIGIN, { ...request, body: Buffer.from('{"a":1}') })).toBe(
      `curl -sS -i --max-time 30 --path-as-is -X POST -H 'Authorization: Bearer it'\\''s' --data-binary '{"a":1}' 'http://127.0.0.1:1/v1/files?a=b'`,
    );
    expect(curlCommand(ORIGIN, { ...request, body: Buffer.from([0xff]) })).toMatch(
      /^echo \/w== \| base64 -d \| curl .* @- /,
    );
  });
});
