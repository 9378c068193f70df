// A batch in OpenAI's words, in every state.
import { describe, expect, it } from 'vitest';
import type { BatchOutcome, BatchPhase, BatchState } from '../../src/batches/state';
import { NO_USAGE, type Usage } from '../../src/contract/chat';
import { openaiBatch } from '../../src/http/openai/batch-wire';
import { snapshotOf } from '../batches/snapshot';

const CREATED = 1_769_860_800;
const STARTED = CREATED + 10;
const FINALIZING = CREATED + 20;
const ENDED = CREATED + 30;

/** Late in the second: seconds are cut, not rounded. */
const milliseconds = (seconds: number) => seconds * 1000 + 999;

function stateOf(phase: BatchPhase, outcome: BatchOutcome | null = null): Partial<BatchState> {
  const isOver = phase === 'finalizing' || phase === 'ended';
  return {
    phase,
    outcome,
    startedAt: phase === 'running' || (isOver && outcome !== 'invalid') ? milliseconds(STARTED) : null,
    finalizingAt: isOver ? milliseconds(FINALIZING) : null,
    endedAt: phase === 'ended' ? milliseconds(ENDED) : null,
  };
}

const TIMES = [
  'created_at',
  'in_progress_at',
  'expires_at',
  'finalizing_at',
  'completed_at',
  'failed_at',
  'expired_at',
  'cancelling_at',
  'cancelled_at',
] as const;
type Times = Partial<Record<(typeof TIMES)[number], number>>;

const STATES: [phase: BatchPhase, outcome: BatchOutcome | null, status: string, times: Times][] = [
  ['planning', null, 'validating', {}],
  ['waiting', null, 'validating', {}],
  ['running', null, 'in_progress', { in_progress_at: STARTED }],
  ['finalizing', 'completed', 'finalizing', { in_progress_at: STARTED, finalizing_at: FINALIZING }],
  ['finalizing', 'expired', 'finalizing', { in_progress_at: STARTED, finalizing_at: FINALIZING }],
  ['finalizing', 'cancelled', 'cancelling', { in_progress_at: STARTED, cancelling_at: FINALIZING }],
  ['finalizing', 'invalid', 'validating', {}],
  [
    'ended',
    'completed',
    'completed',
    { in_progress_at: STARTED, finalizing_at: FINALIZING, completed_at: ENDED },
  ],
  ['ended', 'invalid', 'failed', { failed_at: ENDED }],
  ['ended', 'expired', 'expired', { in_progress_at: STARTED, finalizing_at: FINALIZING, expired_at: ENDED }],
  [
    'ended',
    'cancelled',
    'cancelled',
    { in_progress_at: STARTED, cancelling_at: FINALIZING, cancelled_at: ENDED },
  ],
];

describe.each(STATES)('a batch in %s (%s)', (phase, outcome, status, times) => {
  const batch = openaiBatch(snapshotOf(stateOf(phase, outcome)));

  it(`is ${status}`, () => {
    expect(batch.status).toBe(status);
  });

  it('has the times of what has happened in unix seconds, and null for the rest', () => {
    const expected = { created_at: CREATED, expires_at: CREATED + 86_400, ...times };
    const shown = Object.fromEntries(TIMES.map((name) => [name, batch[name]]));
    expect(shown).toEqual({ ...Object.fromEntries(TIMES.map((name) => [name, null])), ...expected });
  });
});

it('is an object of OpenAI, with every field', () => {
  const counts = { total: 10, completed: 3, failed: 2, model: 'sandbox' };
  expect(openaiBatch(snapshotOf({ ...stateOf('running'), ...counts }))).toEqual({
    id: 'batch_0123456789ab',
    object: 'batch',
    endpoint: '/v1/chat/completions',
    model: 'sandbox',
    errors: null,
    input_file_id: 'file_input',
    completion_window: '24h',
    status: 'in_progress',
    output_file_id: null,
    error_file_id: null,
    created_at: CREATED,
    in_progress_at: STARTED,
    expires_at: CREATED + 86_400,
    finalizing_at: null,
    completed_at: null,
    failed_at: null,
    expired_at: null,
    cancelling_at: null,
    cancelled_at: null,
    request_counts: { total: 10, completed: 3, failed: 2 },
    usage: {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    },
    metadata: { a: 'b' },
  });
});

describe('the files', () => {
  const ended = (outcome: BatchOutcome, counts: Partial<BatchState>) =>
    openaiBatch(snapshotOf({ ...stateOf('ended', outcome), total: 4, ...counts }));

  it.each<[BatchOutcome, completed: number, failed: number, output: string | null, error: string | null]>([
    ['completed', 4, 0, 'file_output', null],
    ['completed', 3, 1, 'file_output', 'file_error'],
    ['completed', 0, 4, null, 'file_error'],
    // What was left undone has lines in the error file.
    ['expired', 4, 0, 'file_output', null],
    ['expired', 2, 0, 'file_output', 'file_error'],
    ['expired', 0, 0, null, 'file_error'],
    ['cancelled', 1, 1, 'file_output', 'file_error'],
    ['cancelled', 0, 0, null, 'file_error'],
  ])(
    'of a batch that ended as %s with %i answers and %i failures of 4 are %s and %s',
    (outcome, completed, failed, output, error) => {
      const batch = ended(outcome, { completed, failed });
      expect(batch.output_file_id).toBe(output);
      expect(batch.error_file_id).toBe(error);
    },
  );

  it('of a refused input are none', () => {
    const batch = ended('invalid', { total: 0 });
    expect(batch.output_file_id).toBeNull();
    expect(batch.error_file_id).toBeNull();
  });

  it.each(['running', 'finalizing'] as const)('are not named while the batch is %s', (phase) => {
    const batch = openaiBatch(snapshotOf({ ...stateOf(phase), total: 4, completed: 1, failed: 1 }));
    expect(batch.output_file_id).toBeNull();
    expect(batch.error_file_id).toBeNull();
  });

  it('of inputs that came inline lack the input file', () => {
    expect(openaiBatch(snapshotOf({}, { inputFileId: null })).input_file_id).toBeNull();
  });
});

it("lists what is wrong with the file in OpenAI's shape", () => {
  const data = [{ code: 'invalid_url' as const, message: 'no', param: 'url', line: 3 }];
  const batch = openaiBatch(snapshotOf({ ...stateOf('ended', 'invalid'), errors: data }));
  expect(batch.errors).toEqual({ object: 'list', data });
});

it('shows usage by the names of the Responses API', () => {
  const usage: Usage = {
    prompt_tokens: 100,
    completion_tokens: 50,
    total_tokens: 150,
    prompt_tokens_details: { ...NO_USAGE.prompt_tokens_details, cached_tokens: 30 },
    completion_tokens_details: { text_tokens: 10, reasoning_tokens: 40 },
  };
  const ledger = [{ day: '2026-01-31', model: 'a', requests: 1, usage, costNano: null }];
  expect(openaiBatch(snapshotOf({ ledger })).usage).toEqual({
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 30 },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 40 },
    total_tokens: 150,
  });
});

it.each([
  [undefined, null],
  [null, null],
  ['sandbox', 'sandbox'],
])('names the model that all inputs share: %j is %j', (model, shown) => {
  const { spec, state } = snapshotOf({});
  const { model: _default, ...rest } = state;
  expect(openaiBatch({ spec, state: model === undefined ? rest : { ...rest, model } }).model).toBe(shown);
});
