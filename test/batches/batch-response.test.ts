// A batch as native clients see it, in every state.
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/accounts/ledger';
import { batchDocument, batchProgress, batchStatus } from '../../src/batches/batch-response';
import type { BatchOutcome, BatchPhase, BatchState } from '../../src/batches/state';
import { NO_USAGE } from '../../src/contract/chat';
import { snapshotOf } from './snapshot';

function responseOf(state: Partial<BatchState>, spec = {}, results: string[] | null = null) {
  return JSON.parse(batchDocument(snapshotOf(state, spec), results).json);
}

const ENTRY: LedgerEntry = {
  day: '2026-01-31',
  model: 'sandbox',
  requests: 2,
  usage: { ...NO_USAGE, prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  costNano: { prompt: 500, completion: 1_000 },
};

describe('the status', () => {
  it.each<[BatchPhase, BatchOutcome | null, started: boolean, status: string]>([
    ['planning', null, false, 'pending'],
    ['waiting', null, false, 'pending'],
    ['running', null, true, 'running'],
    ['finalizing', 'completed', true, 'running'],
    ['finalizing', 'expired', true, 'running'],
    ['finalizing', 'cancelled', true, 'running'],
    ['finalizing', 'cancelled', false, 'pending'],
    ['finalizing', 'expired', false, 'pending'],
    ['finalizing', 'invalid', false, 'pending'],
    ['ended', 'completed', true, 'completed'],
    ['ended', 'invalid', false, 'failed'],
    ['ended', 'expired', true, 'failed'],
    ['ended', 'expired', false, 'failed'],
    ['ended', 'cancelled', true, 'cancelled'],
    ['ended', 'cancelled', false, 'cancelled'],
  ])('of a batch in %s (%s, started: %s) is %s', (phase, outcome, started, status) => {
    const { state } = snapshotOf({ phase, outcome, startedAt: started ? 1 : null });
    expect(batchStatus(state)).toBe(status);
  });

  it('and the counts are the same on the stream and in polling', () => {
    const state = { phase: 'running' as const, startedAt: 1, total: 10, completed: 3, failed: 2 };
    const progress = { status: 'running', completed: 3, failed: 2, total: 10 };
    expect(batchProgress(snapshotOf(state).state)).toEqual(progress);
    expect(responseOf(state)).toMatchObject(progress);
  });
});

describe('the response', () => {
  it('of a new batch has every field, with nothing spent and nothing ended', () => {
    expect(responseOf({ phase: 'waiting', total: 2, model: 'sandbox' })).toEqual({
      id: 'batch_0123456789ab',
      object: 'batch',
      status: 'pending',
      model: 'sandbox',
      total: 2,
      completed: 0,
      failed: 0,
      results: null,
      results_url: 'https://quire.test/api/v1/batches/batch_0123456789ab/results',
      stream_url: 'https://quire.test/api/v1/batches/batch_0123456789ab/stream?token=stream-token',
      metadata: { a: 'b' },
      completion_window: '24h',
      created_at: '2026-01-31T12:00:00.000Z',
      started_at: null,
      completed_at: null,
      expires_at: '2026-02-01T12:00:00.000Z',
      usage: NO_USAGE,
      cost: { prompt_cost: 0, completion_cost: 0, total_cost: 0, currency: 'USD' },
      error: null,
      retry_after: 5,
    });
  });

  it('never shows account, key, webhook or where things are stored', () => {
    const text = batchDocument(snapshotOf({}), null).json;
    expect(text).not.toMatch(/acct_|key_|inputKey|batches\/acct|webhook/);
  });

  it('has ISO 8601 times in UTC', () => {
    const times = {
      startedAt: Date.UTC(2026, 0, 31, 12, 0, 1),
      endedAt: Date.UTC(2026, 0, 31, 12, 5, 0, 250),
    };
    expect(responseOf({ phase: 'ended', outcome: 'completed', ...times })).toMatchObject({
      started_at: '2026-01-31T12:00:01.000Z',
      completed_at: '2026-01-31T12:05:00.250Z',
    });
  });

  it.each([
    [undefined, null],
    [null, null],
    ['sandbox', 'sandbox'],
  ])('names the model that all inputs share: %j is %j', (model, shown) => {
    const { state, spec } = snapshotOf({});
    const { model: _default, ...rest } = state;
    const named = model === undefined ? rest : { ...rest, model };
    expect(JSON.parse(batchDocument({ spec, state: named }, null).json).model).toBe(shown);
  });

  it.each<[BatchPhase, number | null]>([
    ['planning', 5],
    ['waiting', 5],
    ['running', 5],
    ['finalizing', 5],
    ['ended', null],
  ])('in %s says to ask again after %s seconds', (phase, seconds) => {
    const document = batchDocument(snapshotOf({ phase, outcome: 'completed' }), null);
    expect(document.retryAfter).toBe(seconds);
    expect(JSON.parse(document.json).retry_after).toBe(seconds);
    expect(document.id).toBe('batch_0123456789ab');
  });
});

describe('results', () => {
  it('ride along as they were recorded, byte for byte', () => {
    const texts = ['{"custom_id":"0","n":1.0}', '{"custom_id":"1","s":"둘\\u0000"}'];
    const { json } = batchDocument(snapshotOf({ phase: 'ended', outcome: 'completed' }), texts);
    expect(json).toContain(`"results":[${texts.join(',')}]`);
    expect(JSON.parse(json).results).toHaveLength(2);
  });

  it('that are none are an empty list, and null where the batch carries none', () => {
    expect(responseOf({}, {}, []).results).toEqual([]);
    expect(responseOf({}, {}, null).results).toBeNull();
  });
});

describe('usage and cost', () => {
  it('are the sums over the ledger', () => {
    const response = responseOf({ ledger: [ENTRY, { ...ENTRY, day: '2026-02-01' }] });
    expect(response.usage).toMatchObject({ prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 });
    expect(response.cost).toEqual({
      prompt_cost: 0.000001,
      completion_cost: 0.000002,
      total_cost: 0.000003,
      currency: 'USD',
    });
  });

  it('of models without a price alone are unknown, and not counted beside others', () => {
    const unpriced = { ...ENTRY, model: 'free', costNano: null };
    expect(responseOf({ ledger: [unpriced] }).cost).toBeNull();
    expect(responseOf({ ledger: [unpriced, ENTRY] }).cost).toMatchObject({ total_cost: 0.0000015 });
  });
});

describe('the error', () => {
  const invalid = { code: 'empty_file' as const, message: 'no', param: null, line: null };

  it('of a batch whose window is over is timeout, batch_expired', () => {
    const { error, errors } = responseOf({ phase: 'ended', outcome: 'expired' });
    expect(error).toMatchObject({ type: 'timeout', code: 'batch_expired', param: null });
    expect(errors).toBeUndefined();
  });

  it('of a refused file names it, and its lines are in `errors`', () => {
    const { error, errors } = responseOf({ phase: 'ended', outcome: 'invalid', errors: [invalid] });
    expect(error).toMatchObject({ type: 'invalid_request', param: 'input_file_id' });
    expect(errors).toEqual({ object: 'list', data: [invalid] });
  });

  it.each<BatchOutcome>(['completed', 'cancelled'])('is null for one that was %s', (outcome) => {
    expect(responseOf({ phase: 'ended', outcome, total: 1, failed: 1 }).error).toBeNull();
  });

  it.each<BatchOutcome>(['expired', 'invalid'])('is not shown before the end: %s', (outcome) => {
    const response = responseOf({ phase: 'finalizing', outcome, errors: [invalid] });
    expect(response.error).toBeNull();
    expect(response).not.toHaveProperty('errors');
  });

  it("is in the batch's language", () => {
    const state = { phase: 'ended', outcome: 'expired' } as const;
    expect(responseOf(state, { locale: 'ko' }).error.message).toMatch(/[가-힣]/);
    expect(responseOf(state, { locale: 'en' }).error.message).not.toMatch(/[가-힣]/);
  });
});
