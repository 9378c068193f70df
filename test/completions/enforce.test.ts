import { describe, expect, it } from 'vitest';
import { completeEnforced, type EnforceableModel } from '../../src/completions/enforce';
import type { ChatRequest, FinishReason, ResponseFormat, ToolCall, Usage } from '../../src/contract/chat';
import { ApiError } from '../../src/contract/errors';
import { errorMessage } from '../../src/contract/messages/render';
import type { ModelAnswer, ModelCall } from '../../src/models/model';

interface Said {
  content?: string | null;
  refusal?: string;
  tool_calls?: ToolCall[];
  finish_reason?: FinishReason;
}

/** What one call of the script's model uses; every member differs, so that none can be swapped for another. */
const USAGE: Usage = {
  prompt_tokens: 60,
  completion_tokens: 11,
  total_tokens: 71,
  prompt_tokens_details: { cached_tokens: 7, text_tokens: 30, image_tokens: 20, audio_tokens: 10 },
  completion_tokens_details: { text_tokens: 8, reasoning_tokens: 3 },
};

/** A model that gives these answers one after the other, each with one choice or several. */
function scripted(
  answers: (Said | Said[])[],
  hasJsonSchema = true,
): EnforceableModel & { calls: ModelCall[] } {
  const calls: ModelCall[] = [];
  return {
    calls,
    hasJsonSchema,
    async complete(call): Promise<ModelAnswer> {
      const said = answers[calls.length];
      calls.push(call);
      if (said === undefined) throw new Error('the model was asked too often');
      const choices = [said].flat().map((choice, index) => ({
        index,
        message: {
          role: 'assistant' as const,
          content: choice.content ?? null,
          refusal: choice.refusal ?? null,
          ...(choice.tool_calls && { tool_calls: choice.tool_calls }),
        },
        finish_reason:
          choice.finish_reason ?? (choice.tool_calls ? ('tool_calls' as const) : ('stop' as const)),
      }));
      return { choices, usage: USAGE };
    },
  };
}

async function run(answers: (Said | Said[])[], options: Partial<ChatRequest>) {
  const model = scripted(answers);
  const request: ChatRequest = {
    model: 'some-model',
    messages: [{ role: 'user', content: '서울의 날씨는?' }],
    ...options,
  };
  const call: ModelCall = {
    request,
    messages: [{ role: 'user', content: '서울의 날씨는?' }],
    attempt: 1,
    signal: new AbortController().signal,
  };
  const outcome = await completeEnforced(model, call).then(
    (answer) => ({ answer, error: null }),
    (error: unknown) => ({ answer: null, error }),
  );
  return { ...outcome, calls: model.calls, message: outcome.answer?.choices[0]?.message };
}

const schemaFormat = (strict: boolean): ResponseFormat => ({
  type: 'json_schema',
  json_schema: {
    name: 'weather',
    strict,
    schema: {
      type: 'object',
      properties: { city: { type: 'string' }, celsius: { type: 'integer' } },
      required: ['city', 'celsius'],
      additionalProperties: false,
    },
  },
});
const STRICT = { response_format: schemaFormat(true) };
const JSON_OBJECT: { response_format: ResponseFormat } = { response_format: { type: 'json_object' } };

const GOOD = '{"city":"서울","celsius":21}';
const BAD = '{"city":7}';

const times = (usage: Usage, count: number) =>
  JSON.parse(JSON.stringify(usage), (_, value) =>
    typeof value === 'number' ? value * count : value,
  ) as Usage;

describe('an answer to a strict schema', () => {
  it('that fits at once is given as it is', async () => {
    const { answer, message, calls } = await run([{ content: GOOD }], STRICT);
    expect(message?.content).toBe(GOOD);
    expect(answer).toMatchObject({ usage: USAGE, structuredOutput: { method: 'native', attempts: 1 } });
    expect(calls).toHaveLength(1);
  });

  it.each([
    [1, [BAD, GOOD]],
    [2, ['맑습니다', BAD, GOOD]],
  ])('that fits after %d repairs says so, and counts the tokens of every attempt', async (repairs, texts) => {
    const { answer, message } = await run(
      texts.map((content) => ({ content })),
      STRICT,
    );
    const attempts = repairs + 1;
    expect(message?.content).toBe(GOOD);
    expect(answer?.structuredOutput).toEqual({ method: 'repaired', attempts });
    expect(answer?.usage).toEqual(times(USAGE, attempts));
  });

  it('that never fits is a model error with the errors of the last attempt, which no retry helps', async () => {
    const { error, calls } = await run([{ content: 'no' }, { content: '{}' }, { content: BAD }], STRICT);
    expect(calls).toHaveLength(3);
    expect(error).toBeInstanceOf(ApiError);
    if (!(error instanceof ApiError)) return;
    expect(error).toMatchObject({ type: 'model_error', retryable: false });
    expect(errorMessage(error, 'en')).toContain('/city: must be a string');
    expect(errorMessage(error, 'en')).toContain('must have "celsius"');
    expect(errorMessage(error, 'ko')).toMatch(/^모델 추론 중 오류가 발생했습니다: .*\/city/);
  });

  it('goes back to the model with what was wrong with it, after the whole conversation so far', async () => {
    const { calls } = await run([{ content: BAD }, { content: '{}' }, { content: GOOD }], STRICT);
    const [first, second, third] = calls.map((call) => call.messages);
    expect(second).toEqual([
      ...(first ?? []),
      { role: 'assistant', content: BAD },
      { role: 'user', content: expect.stringContaining('/city: must be a string') },
    ]);
    expect(third).toEqual([
      ...(second ?? []),
      { role: 'assistant', content: '{}' },
      { role: 'user', content: expect.stringContaining('must have "city", "celsius"') },
    ]);
    // The client's own request stays what it was: models that count attempts or read directives rely on it.
    expect(new Set(calls.map((call) => call.request)).size).toBe(1);
  });

  it('must parse, and be JSON through and through', async () => {
    for (const content of [
      '',
      'null',
      `${GOOD} `.repeat(2),
      `\`\`\`json\n${GOOD}\n\`\`\``,
      '{"city":"서울"',
    ]) {
      const { answer } = await run([{ content }, { content: GOOD }], STRICT);
      expect(answer?.structuredOutput).toEqual({ method: 'repaired', attempts: 2 });
    }
  });

  it('must hold for every choice', async () => {
    const { answer, calls } = await run(
      [
        [{ content: GOOD }, { content: BAD }],
        [{ content: GOOD }, { content: GOOD }],
      ],
      {
        ...STRICT,
        n: 2,
      },
    );
    expect(answer?.choices).toHaveLength(2);
    expect(answer?.structuredOutput).toEqual({ method: 'repaired', attempts: 2 });
    expect(calls[1]?.messages.at(-2)).toEqual({ role: 'assistant', content: BAD });
  });

  it('that was cut off at its token limit is not asked for again', async () => {
    const { error, calls } = await run([{ content: '{"city":"서', finish_reason: 'length' }], STRICT);
    expect(calls).toHaveLength(1);
    expect(error).toMatchObject({
      type: 'model_error',
      detail: ['output_invalid', [{ place: null, reason: ['answer_cut_off'] }]],
    });
  });

  it('that fits although it reached its token limit is given', async () => {
    const { message, answer } = await run([{ content: GOOD, finish_reason: 'length' }], STRICT);
    expect(message?.content).toBe(GOOD);
    expect(answer?.choices[0]?.finish_reason).toBe('length');
  });

  it('may be a refusal, which is given as one', async () => {
    const { message, answer, calls } = await run([{ refusal: '답할 수 없습니다' }], STRICT);
    expect(message).toMatchObject({ content: null, refusal: '답할 수 없습니다' });
    expect(answer?.usage).toEqual(USAGE);
    expect(calls).toHaveLength(1);
  });

  it('that a content filter stopped is given as it is', async () => {
    const { message } = await run([{ content: '{"ci', finish_reason: 'content_filter' }], STRICT);
    expect(message?.content).toBe('{"ci');
  });

  it('may be tool calls, which say nothing about the format', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'get_weather' } }];
    const { answer } = await run([{ tool_calls: [weatherCall('{}')] }], { ...STRICT, tools });
    expect(answer?.structuredOutput).toBeNull();
  });
});

describe('other formats', () => {
  it('a schema that is not strict only has to parse', async () => {
    const options = { response_format: schemaFormat(false) };
    expect((await run([{ content: BAD }], options)).answer?.structuredOutput).toEqual({
      method: 'native',
      attempts: 1,
    });
    expect((await run([{ content: '맑음' }, { content: BAD }], options)).message?.content).toBe(BAD);
  });

  it('json_object has to be an object', async () => {
    expect((await run([{ content: '{"a":1}' }], JSON_OBJECT)).message?.content).toBe('{"a":1}');
    for (const content of ['[1]', '"a"', 'null', '7', 'hello']) {
      const { answer, calls } = await run([{ content }, { content: '{}' }], JSON_OBJECT);
      expect(answer?.structuredOutput).toEqual({ method: 'repaired', attempts: 2 });
      expect(calls[1]?.messages.at(-1)?.content).toMatch(/the answer is not (a )?JSON/);
    }
  });

  it.each([undefined, null, { type: 'text' as const }])(
    '%j takes any text and claims nothing',
    async (format) => {
      const { message, answer } = await run([{ content: '{"broken' }], { response_format: format });
      expect(message?.content).toBe('{"broken');
      expect(answer?.structuredOutput).toBeNull();
    },
  );
});

function weatherCall(args: string, id = 'a', name = 'get_weather'): ToolCall {
  return { id, type: 'function', function: { name, arguments: args } };
}

const TOOLS: Partial<ChatRequest> = {
  tools: [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
    { type: 'function', function: { name: 'ping' } },
  ],
};

describe('a tool call', () => {
  it('that fits its parameters is given as it is, and claims no format', async () => {
    const call = weatherCall('{"city":"서울"}');
    const { message, answer } = await run([{ tool_calls: [call] }], TOOLS);
    expect(message?.tool_calls).toEqual([call]);
    expect(answer?.structuredOutput).toBeNull();
  });

  it('of a tool without parameters takes any object', async () => {
    const { calls } = await run([{ tool_calls: [weatherCall('{"x":1}', 'a', 'ping')] }], TOOLS);
    expect(calls).toHaveLength(1);
  });

  it.each<[string, ToolCall, error: string]>([
    ['arguments that break the schema', weatherCall('{"city":7}'), 'get_weather: /city: must be a string'],
    ['arguments that lack something', weatherCall('{}'), 'must have "city"'],
    ['arguments that are not JSON', weatherCall('{"city":'), 'not a JSON object'],
    ['arguments that are no object', weatherCall('["서울"]'), 'not a JSON object'],
    ['an unknown function', weatherCall('{}', 'a', 'get_wether'), 'there is no tool "get_wether"'],
  ])('with %s is sent back as its own result, and repaired', async (_, wrong, error) => {
    const right = weatherCall('{"city":"서울"}');
    const { message, answer, calls } = await run([{ tool_calls: [wrong] }, { tool_calls: [right] }], TOOLS);
    expect(message?.tool_calls).toEqual([right]);
    expect(answer?.usage).toEqual(times(USAGE, 2));
    expect(calls[1]?.messages.slice(1)).toEqual([
      { role: 'assistant', content: null, tool_calls: [wrong] },
      { role: 'tool', tool_call_id: 'a', content: expect.stringContaining(error) },
    ]);
  });

  it('that is wrong sends the others of its turn back as not run, so that each has its answer', async () => {
    const turn = [
      weatherCall('{"city":"서울"}', 'a'),
      weatherCall('{}', 'b'),
      weatherCall('{}', 'c', 'ping'),
    ];
    const { calls } = await run([{ tool_calls: turn }, { content: '맑습니다' }], TOOLS);
    const answers = calls[1]?.messages.slice(2) ?? [];
    expect(answers.map((answer) => [answer.role, answer.tool_call_id])).toEqual([
      ['tool', 'a'],
      ['tool', 'b'],
      ['tool', 'c'],
    ]);
    expect(answers.map((answer) => String(answer.content).startsWith('Invalid call'))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('that was required and did not come is asked for again', async () => {
    const required = { ...TOOLS, tool_choice: 'required' as const };
    const good = weatherCall('{"city":"서울"}');
    const { calls, message } = await run([{ content: 'Sunny.' }, {}, { tool_calls: [good] }], required);
    expect(message?.tool_calls).toEqual([good]);
    const repair = {
      role: 'user',
      content: expect.stringContaining('requires a call of "get_weather" or "ping"'),
    };
    // Without words, there is nothing to show to the model.
    expect(calls[1]?.messages.slice(1)).toEqual([{ role: 'assistant', content: 'Sunny.' }, repair]);
    expect(calls[2]?.messages.slice(3)).toEqual([repair]);
    const never = await run([{ content: 'a' }, { content: 'b' }, { content: 'c' }], required);
    expect(never.error).toMatchObject({
      type: 'model_error',
      detail: ['tool_call_failed', [{ place: null, reason: ['call_required', expect.any(Array)] }]],
    });
  });

  it('that stays wrong is a model error that says what was wrong', async () => {
    const wrong = { tool_calls: [weatherCall('{}')] };
    const { error, calls } = await run([wrong, wrong, wrong], TOOLS);
    expect(calls).toHaveLength(3);
    expect(error).toMatchObject({
      type: 'model_error',
      retryable: false,
      detail: ['tool_call_failed', [{ place: 'get_weather: /', reason: ['must_have', '"city"'] }]],
    });
  });
});

describe('a failing model', () => {
  it('fails the request with its own error, in a repair too', async () => {
    const overloaded = new ApiError('model_overloaded', { retryAfterMs: 5000 });
    let calls = 0;
    const model: EnforceableModel = {
      hasJsonSchema: true,
      complete: async (call) => {
        calls += 1;
        if (calls === 2) throw overloaded;
        return scripted([{ content: BAD }]).complete(call);
      },
    };
    const call: ModelCall = {
      request: { model: 'some-model', messages: [{ role: 'user', content: '?' }], ...STRICT },
      messages: [{ role: 'user', content: '?' }],
      attempt: 1,
      signal: new AbortController().signal,
    };
    await expect(completeEnforced(model, call)).rejects.toBe(overloaded);
  });
});
