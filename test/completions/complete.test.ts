// A completion whole: how retries, repairs and the limit of its cost go together.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CompletionContext, completeChat } from '../../src/completions/complete';
import { addUsage, type ChatRequest } from '../../src/contract/chat';
import { ApiError } from '../../src/contract/errors';
import * as catalogue from '../../src/models/catalogue';
import type { ModelCall } from '../../src/models/model';
import { chatRequest, completionContext, scriptedModel, USAGE } from './scripted-model';

afterEach(() => {
  vi.restoreAllMocks();
});

const JSON_ASKED: Partial<ChatRequest> = { response_format: { type: 'json_object' } };

/** Completes by a model that says these texts in turn, or fails; what it was asked each time. */
async function run(answers: (string | ApiError)[], retries: number, more: Partial<CompletionContext> = {}) {
  const calls: ModelCall[] = [];
  const model = scriptedModel([], { retries });
  model.model.complete = async (call) => {
    const answer = answers[calls.length];
    calls.push(call);
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often');
    const message = { role: 'assistant' as const, content: answer, refusal: null };
    return { choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE };
  };
  vi.spyOn(catalogue, 'findModel').mockImplementation((id) => (id === model.id ? model : null));
  vi.spyOn(scheduler, 'wait').mockResolvedValue(undefined);
  const completed = await completeChat(chatRequest(JSON_ASKED), { ...completionContext(), ...more });
  return { ...completed, calls };
}

describe('a completion whose model fails between two repairs', () => {
  it('goes on where it was, and counts what was used before', async () => {
    const { completion, calls } = await run(['no JSON', new ApiError('model_overloaded'), '{}'], 1);
    expect(completion.choices[0]?.message.content).toBe('{}');
    expect(completion.structured_output).toEqual({ method: 'repaired', attempts: 2 });
    expect(completion.usage).toEqual(addUsage(USAGE, USAGE));
    expect(calls[2]?.messages).toEqual(calls[1]?.messages);
  });

  it('has its retries for each call', async () => {
    const overloaded = new ApiError('model_overloaded');
    const { completion } = await run([overloaded, 'no JSON', overloaded, '{}'], 1);
    expect(completion.structured_output).toEqual({ method: 'repaired', attempts: 2 });
    await expect(run(['no JSON', overloaded, overloaded, '{}'], 1)).rejects.toBe(overloaded);
  });

  it('stays under its limit with all of that together', async () => {
    // The first answer takes 9,900 of it.
    const limit = { nano: 30_000, mayCut: true };
    const { calls } = await run(['no JSON', new ApiError('timeout'), '{}'], 1, { limit });
    const [first, ...later] = calls.map(({ request }) => request.max_completion_tokens ?? Infinity);
    expect(first).toBeGreaterThan(later[0] ?? 0);
    expect(later[1]).toBe(later[0]);
  });
});
