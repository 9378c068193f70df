import { describe, expect, it } from 'vitest';
import { BatchTally, groupErrors, type Progress, timeLeft } from '../../src/console/batches/batch-tally';
import type { BatchResult } from '../../src/contract/batches';
import { type ChatCompletion, NO_USAGE } from '../../src/contract/chat';
import type { ErrorType } from '../../src/contract/errors';

const progress = (completed: number, failed = 0, total = 100): Progress => ({
  status: 'running',
  completed,
  failed,
  total,
});

function success(id: string, usd: number | null): BatchResult {
  const body: ChatCompletion = {
    id: 'chatcmpl',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [],
    usage: NO_USAGE,
    cost: usd === null ? null : { prompt_cost: 0, completion_cost: usd, total_cost: usd, currency: 'USD' },
  };
  return { custom_id: id, status_code: 200, body, error: null };
}

function failure(id: string, type: ErrorType): BatchResult {
  return {
    custom_id: id,
    status_code: 500,
    body: null,
    error: { type, code: type, message: `${type} of ${id}`, param: null },
  };
}

describe('the speed', () => {
  it('is unknown until there is a span to measure', () => {
    const tally = new BatchTally();
    expect(tally.rate(0)).toBeNull();
    tally.addProgress(progress(0), 0);
    tally.addProgress(progress(5), 500);
    expect(tally.rate(500)).toBeNull();
    expect(tally.rate(1000)).toBe(5);
  });

  it('counts failures as done, and only the last fifteen seconds', () => {
    const tally = new BatchTally();
    tally.addProgress(progress(0), 0);
    tally.addProgress(progress(50, 10), 60_000);
    tally.addProgress(progress(60, 20), 70_000);
    expect(tally.rate(70_000)).toBe(2);
  });

  it('falls when nothing comes any more', () => {
    const tally = new BatchTally();
    tally.addProgress(progress(0), 0);
    tally.addProgress(progress(10), 1000);
    expect(tally.rate(1000)).toBe(10);
    expect(tally.rate(10_000)).toBe(1);
    expect(tally.rate(100_000)).toBeNull();
  });
});

describe('the time left', () => {
  it.each<[Progress, number | null, number | null]>([
    [progress(40, 10), 10, 5000],
    [progress(40, 60), 10, 0],
    [progress(40, 60), null, 0],
    [progress(40), null, null],
    [progress(40), 0, null],
    [{ ...progress(0), total: 0 }, null, null],
  ])('of %j at %j a second is %j', (state, rate, left) => {
    expect(timeLeft(state, rate)).toBe(left);
  });
});

describe('results', () => {
  it('are kept newest first and not without end', () => {
    const tally = new BatchTally();
    for (let index = 0; index < 250; index++) tally.addResult(success(String(index), 0.5));
    expect(tally.recent()).toHaveLength(100);
    expect(tally.recent()[0]?.custom_id).toBe('249');
    expect(tally.cost()).toBe(125);
  });

  it('have no cost until one has', () => {
    const tally = new BatchTally();
    tally.addResult(success('a', null));
    tally.addResult(failure('b', 'timeout'));
    expect(tally.cost()).toBeNull();
    tally.addResult(success('c', 0));
    expect(tally.cost()).toBe(0);
  });

  it('are grouped by what went wrong, the most frequent first', () => {
    const results = [
      failure('a', 'timeout'),
      success('b', 1),
      ...Array.from({ length: 7 }, (_, index) => failure(`m${index}`, 'model_error')),
    ];
    const groups = [
      {
        type: 'model_error',
        count: 7,
        message: 'model_error of m0',
        customIds: ['m0', 'm1', 'm2', 'm3', 'm4'],
      },
      { type: 'timeout', count: 1, message: 'timeout of a', customIds: ['a'] },
    ];
    expect(groupErrors(results)).toEqual(groups);
    const tally = new BatchTally();
    for (const result of results) tally.addResult(result);
    expect(tally.errorGroups()).toEqual(groups);
  });
});
