import { afterEach, describe, expect, it, vi } from 'vitest';
import { CostLimitError } from '../../src/completions/cost-limit';
import { askInTurn, callModel, candidates } from '../../src/completions/reliable-call';
import type { ChatRequest } from '../../src/contract/chat';
import { ApiError, type ErrorType } from '../../src/contract/errors';
import type { CatalogueModel } from '../../src/models/catalogue';
import * as catalogue from '../../src/models/catalogue';
import type { ModelMessage } from '../../src/models/model';
import { chatRequest, scriptedModel } from './scripted-model';

const never = new AbortController().signal;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Asks models that fail in turn with these types, then answer; who was asked, and how long each wait was. */
async function run(models: CatalogueModel[], failures: (ErrorType | Error)[], signal = never) {
  const asked: string[] = [];
  const waits: number[] = [];
  vi.spyOn(scheduler, 'wait').mockImplementation(async (delay: number) => {
    waits.push(delay);
  });
  const ask = async (id: string) => {
    asked.push(id);
    const failure = failures.shift();
    if (failure === undefined) return 'answer';
    throw typeof failure === 'string' ? new ApiError(failure) : failure;
  };
  const outcome = await askInTurn(models, signal, (model) =>
    callModel(model, signal, () => ask(model.id)),
  ).then(
    ({ answer, model }) => ({ answer, by: model.id, error: null }),
    (error: unknown) => ({ answer: null, by: null, error }),
  );
  return { ...outcome, asked, waits };
}

const model = (id: string, retries = 0) => scriptedModel([], { id, retries });

describe('a model that fails', () => {
  it('is asked again as often as its entry says, and each time later', async () => {
    const failures: ErrorType[] = ['model_overloaded', 'timeout', 'model_error'];
    const { answer, asked, waits } = await run([model('a', 3)], failures);
    expect([answer, asked]).toEqual(['answer', ['a', 'a', 'a', 'a']]);
    expect(waits).toEqual([250, 500, 1000]);
  });

  it('is asked no more often than that', async () => {
    const { error, asked } = await run([model('a', 1)], ['model_overloaded', 'timeout']);
    expect(asked).toEqual(['a', 'a']);
    expect(error).toMatchObject({ type: 'timeout' });
  });

  it('has others stand in for it, each with retries of its own, and the answer says who gave it', async () => {
    const failures: ErrorType[] = ['model_error', 'model_error', 'model_overloaded'];
    const { by, asked, waits } = await run([model('a', 1), model('b'), model('c')], failures);
    expect([by, asked]).toEqual(['c', ['a', 'a', 'b', 'c']]);
    // A stand-in is asked at once.
    expect(waits).toEqual([250]);
  });

  it('fails with the last of the errors', async () => {
    const { error } = await run([model('a'), model('b')], ['model_overloaded', 'timeout']);
    expect(error).toMatchObject({ type: 'timeout' });
  });

  it.each<ErrorType>([
    'invalid_request',
    'context_length_exceeded',
    'content_policy_violation',
    'rate_limit_exceeded',
  ])('for a reason that is the request’s own (%s) is not asked again', async (type) => {
    const { error, asked } = await run([model('a', 3), model('b')], [type]);
    expect(asked).toEqual(['a']);
    expect(error).toMatchObject({ type });
  });

  it('in a way that no retry helps is not asked again', async () => {
    const { asked } = await run([model('a', 3)], [new ApiError('model_error', { retryable: false })]);
    expect(asked).toEqual(['a']);
    const bug = new TypeError('x is not a function');
    expect(await run([model('a', 3)], [bug])).toMatchObject({ asked: ['a'], error: bug });
  });

  it('is given the time it asks for, and left for its stand-in where that is too long', async () => {
    const asking = (retryAfterMs: number) => new ApiError('model_overloaded', { retryAfterMs });
    const { waits, asked } = await run([model('a', 3), model('b')], [asking(900), asking(1), asking(5_001)]);
    expect(waits).toEqual([900, 500]);
    expect(asked).toEqual(['a', 'a', 'a', 'b']);
    const last = asking(60_000);
    expect(await run([model('a', 3)], [last])).toMatchObject({ asked: ['a'], waits: [], error: last });
  });

  it('is left alone once the client is gone', async () => {
    const { asked } = await run([model('a', 3), model('b')], ['model_overloaded'], AbortSignal.abort());
    expect(asked).toEqual(['a']);
  });
});

describe('a model that stands in', () => {
  const text: ModelMessage = { role: 'user', content: 'Hi' };
  const picture: ModelMessage = {
    role: 'user',
    content: [
      { type: 'text', text: 'See' },
      { type: 'image', mediaType: 'image/png', bytes: new Uint8Array(1), filename: null },
    ],
  };
  const tools = [{ type: 'function' as const, function: { name: 'f' } }];

  /** Ids of those asked for a request, of a catalogue that holds nothing but them. */
  function standIns(
    others: CatalogueModel[],
    more: { messages?: ModelMessage[]; knownTokens?: number; tools?: ChatRequest['tools'] } = {},
  ): string[] {
    vi.spyOn(catalogue, 'findModel').mockImplementation(
      (id) => others.find((other) => other.id === id) ?? null,
    );
    const asked = scriptedModel([], { id: 'a', fallbacks: ['gone', ...others.map(({ id }) => id)] });
    const { messages = [text], knownTokens = 10, tools } = more;
    return candidates(chatRequest({ tools }), {
      model: asked,
      messages,
      promptTokens: 1_000,
      knownTokens,
    }).map(({ id }) => id);
  }

  it('is in the catalogue, and never the model itself', () => {
    expect(standIns([model('b'), model('a')])).toEqual(['a', 'b']);
  });

  it('takes every kind of part that the request has', () => {
    const others = [model('b'), scriptedModel([], { id: 'c', modalities: ['text', 'image'] })];
    expect(standIns(others, { messages: [picture, text] })).toEqual(['a', 'c']);
    expect(standIns(others)).toEqual(['a', 'b', 'c']);
  });

  it('calls tools where the request has some', () => {
    const others = [scriptedModel([], { id: 'b', hasTools: false }), model('c')];
    expect(standIns(others, { tools })).toEqual(['a', 'c']);
    expect(standIns(others, { tools: [] })).toEqual(['a', 'b', 'c']);
  });

  it('has room for the prompt', () => {
    const others = [scriptedModel([], { id: 'b', contextWindow: 99 }), model('c')];
    expect(standIns(others, { knownTokens: 100 })).toEqual(['a', 'c']);
    expect(standIns(others, { knownTokens: 99 })).toEqual(['a', 'b', 'c']);
  });

  it.each<ErrorType>(['invalid_request', 'unsupported_media_type', 'context_length_exceeded'])(
    'and refuses the request (%s) is passed over',
    async (type) => {
      const models = [model('a'), model('b', 2), model('c')];
      const { by, asked } = await run(models, ['model_overloaded', type]);
      expect([by, asked]).toEqual(['c', ['a', 'b', 'c']]);
      const none = await run(models, ['model_overloaded', type, type]);
      expect(none.error).toMatchObject({ type: 'model_overloaded' });
    },
  );

  it('and costs more than there is money for is passed over', async () => {
    const models = [model('a'), model('b', 2), model('c')];
    const { by, asked } = await run(models, ['model_overloaded', new CostLimitError()]);
    expect([by, asked]).toEqual(['c', ['a', 'b', 'c']]);
    const none = await run(models.slice(0, 2), ['model_overloaded', new CostLimitError()]);
    expect(none.error).toMatchObject({ type: 'model_overloaded' });
    expect((await run(models, [new CostLimitError()])).error).toBeInstanceOf(CostLimitError);
  });

  it('and finds the content against its policy ends the request', async () => {
    const { error } = await run(
      [model('a'), model('b'), model('c')],
      ['timeout', 'content_policy_violation'],
    );
    expect(error).toMatchObject({ type: 'content_policy_violation' });
  });
});

describe('a call with a time limit', () => {
  const limited = scriptedModel([], { timeoutMs: 20 });

  it('that takes longer is a timeout, and is given up', async () => {
    let given: AbortSignal | undefined;
    const call = callModel(limited, never, async (signal) => {
      given = signal;
      await scheduler.wait(10_000, { signal });
    });
    await expect(call).rejects.toMatchObject({ type: 'timeout' });
    expect(given?.aborted).toBe(true);
  });

  it('that is given up before fails as it does', async () => {
    const leaving = new AbortController();
    const reason = new Error('left');
    const call = callModel(scriptedModel([]), leaving.signal, (signal) => {
      leaving.abort(reason);
      return Promise.reject(signal.reason);
    });
    await expect(call).rejects.toBe(reason);
  });

  it('that is in time is left alone afterwards', async () => {
    let given: AbortSignal | undefined;
    await callModel(limited, never, async (signal) => {
      given = signal;
    });
    await scheduler.wait(60);
    expect(given?.aborted).toBe(false);
  });
});
