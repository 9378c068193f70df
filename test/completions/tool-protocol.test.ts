import { describe, expect, it } from 'vitest';
import { checkToolProtocol, parseArguments } from '../../src/completions/tool-protocol';
import type { ChatMessage, ChatRequest, Tool } from '../../src/contract/chat';

const QUESTION: ChatMessage = { role: 'user', content: '서울과 부산의 날씨를 알려주세요' };

function tool(name: string, parameters?: Record<string, unknown>): Tool {
  return { type: 'function', function: { name, parameters } };
}

/** An assistant turn with one call for each id. */
function calls(...ids: string[]): ChatMessage {
  return {
    role: 'assistant',
    content: null,
    tool_calls: ids.map((id) => ({
      id,
      type: 'function',
      function: { name: 'get_weather', arguments: '{}' },
    })),
  };
}

function call(name: string, args: string): ChatMessage {
  return {
    role: 'assistant',
    tool_calls: [{ id: 'a', type: 'function', function: { name, arguments: args } }],
  };
}

function result(tool_call_id?: string | null): ChatMessage {
  return { role: 'tool', tool_call_id, content: '21°C' };
}

function check(request: Partial<ChatRequest>): Promise<void> {
  return checkToolProtocol({ model: 'sandbox', messages: [QUESTION], ...request });
}

/** Every order of some values. */
function orders<T>(values: readonly T[]): T[][] {
  if (values.length <= 1) return [[...values]];
  return values.flatMap((first, at) => orders(values.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

describe('a conversation in which every call is answered once', () => {
  it.each(orders(['a', 'b', 'c']))('is valid with the answers in the order %s, %s, %s', async (...order) => {
    await check({ messages: [QUESTION, calls('a', 'b', 'c'), ...order.map(result)] });
  });

  it.each<[title: string, messages: ChatMessage[]]>([
    ['without any call', [QUESTION, { role: 'assistant', content: '맑습니다' }, QUESTION]],
    ['that goes on after the answers', [QUESTION, calls('a'), result('a'), QUESTION]],
    ['over several turns', [QUESTION, calls('a'), result('a'), calls('b', 'c'), result('c'), result('b')]],
    // Some providers count their calls from zero in every turn.
    ['whose later turn uses an id again', [QUESTION, calls('a'), result('a'), calls('a'), result('a')]],
    ['with ids in any script', [QUESTION, calls('호출-1', '☀️'), result('☀️'), result('호출-1')]],
    [
      'with text beside the calls',
      [{ ...calls('a'), content: '찾아보겠습니다' } as ChatMessage, result('a')],
    ],
  ])('is valid %s', async (_, messages) => {
    await check({ messages });
  });

  it('keeps any JSON object as arguments', async () => {
    for (const args of [
      '{}',
      ' {"도시": "서울", "날짜": null} ',
      '{"text":"\\u2028 \\"인용\\" 😀"}',
      '{"a":{"b":[{}]}}',
    ]) {
      await check({ messages: [call('get_weather', args), result('a')] });
    }
  });
});

describe('a conversation that breaks the protocol', () => {
  it.each<[title: string, param: string, detail: string, messages: ChatMessage[]]>([
    [
      'ends before the answer',
      'messages[1].tool_calls[0].id',
      'tool_call_unanswered',
      [QUESTION, calls('a')],
    ],
    [
      'answers only one of two calls',
      'messages[1].tool_calls[1].id',
      'tool_call_unanswered',
      [QUESTION, calls('a', 'b'), result('a')],
    ],
    [
      'goes on before the answer',
      'messages[1].tool_calls[0].id',
      'tool_call_unanswered',
      [QUESTION, calls('a'), QUESTION, result('a')],
    ],
    [
      'calls again before the answer',
      'messages[0].tool_calls[0].id',
      'tool_call_unanswered',
      [calls('a'), calls('b'), result('a'), result('b')],
    ],
    [
      'has another message between two answers',
      'messages[0].tool_calls[1].id',
      'tool_call_unanswered',
      [calls('a', 'b'), result('a'), { role: 'system', content: 'Be brief.' }, result('b')],
    ],
    [
      'answers a call nobody made',
      'messages[2].tool_call_id',
      'tool_call_id_unknown',
      [QUESTION, calls('a'), result('b')],
    ],
    ['begins with an answer', 'messages[0].tool_call_id', 'tool_call_id_unknown', [result('a'), QUESTION]],
    [
      'answers one call twice',
      'messages[2].tool_call_id',
      'tool_call_id_repeated',
      [calls('a', 'b'), result('a'), result('a'), result('b')],
    ],
    [
      'answers a call again after its turn',
      'messages[3].tool_call_id',
      'tool_call_id_repeated',
      [calls('a'), result('a'), QUESTION, result('a')],
    ],
    [
      'repeats an id within a turn',
      'messages[1].tool_calls[2].id',
      'tool_call_id_repeated',
      [QUESTION, calls('a', 'b', 'a'), result('a'), result('b')],
    ],
    ['leaves the id out', 'messages[1].tool_call_id', 'tool_call_id_missing', [calls('a'), result()]],
    ['has null as the id', 'messages[1].tool_call_id', 'tool_call_id_missing', [calls('a'), result(null)]],
    ['has an empty id', 'messages[1].tool_call_id', 'tool_call_id_missing', [calls('a'), result('')]],
    [
      'calls a name that is none',
      'messages[0].tool_calls[0].function.name',
      'tool_name_invalid',
      [call('날씨', '{}'), result('a')],
    ],
  ])('is refused where it %s', async (_, param, key, messages) => {
    await expect(check({ messages })).rejects.toMatchObject({
      type: 'invalid_tool_call',
      param,
      detail: [key, ...(key.endsWith('missing') ? [] : [expect.any(String)])],
    });
  });

  it.each([
    '',
    'not JSON',
    "{'city': 'Seoul'}",
    '{"city": "서울"',
    '{} {}',
    'undefined',
    'null',
    '"서울"',
    '7',
    '[1]',
  ])('is refused where a call has the arguments %j', async (args) => {
    expect(parseArguments(args)).toBeNull();
    const messages = [QUESTION, call('get_weather', args), result('a')];
    await expect(check({ messages })).rejects.toMatchObject({
      type: 'invalid_tool_call',
      param: 'messages[1].tool_calls[0].function.arguments',
      detail: ['tool_arguments_not_json'],
    });
  });

  it('is told of the first offence where there are several', async () => {
    const messages = [calls('a', 'b'), result('c'), result('d')];
    await expect(check({ messages })).rejects.toMatchObject({ param: 'messages[1].tool_call_id' });
  });
});

describe('a tool', () => {
  it.each(['a', 'get_weather', 'Get-Weather_2', '0', '_', '-', 'x'.repeat(64)])(
    'may be called %j',
    async (name) => {
      await check({ tools: [tool(name)] });
    },
  );

  it.each(['', 'x'.repeat(65), 'get weather', 'get.weather', '날씨', 'café', 'a\n', 'weather!', '😀'])(
    'may not be called %j',
    async (name) => {
      await expect(check({ tools: [tool('ok'), tool(name)] })).rejects.toMatchObject({
        type: 'invalid_tool_call',
        param: 'tools[1].function.name',
        detail: ['tool_name_invalid', name],
      });
    },
  );

  it('may not share its name', async () => {
    await expect(check({ tools: [tool('a'), tool('b'), tool('a')] })).rejects.toMatchObject({
      type: 'invalid_tool_call',
      param: 'tools[2].function.name',
      detail: ['tool_name_repeated', 'a'],
    });
    await check({ tools: [tool('a'), tool('A')] });
  });

  it('is refused with parameters that are no JSON Schema', async () => {
    await expect(check({ tools: [tool('a'), tool('b', { type: 'objekt' })] })).rejects.toMatchObject({
      type: 'invalid_request',
      param: 'tools[1].function.parameters',
      detail: ['schema_invalid', expect.arrayContaining([expect.objectContaining({ place: '/type' })])],
    });
    await check({ tools: [tool('a', { type: 'object', properties: { 도시: { type: 'string' } } })] });
  });
});

describe('a tool choice', () => {
  const forced = (name: string) => ({ type: 'function' as const, function: { name } });
  const allowed = (...names: string[]) => ({
    type: 'allowed_tools' as const,
    allowed_tools: { mode: 'auto' as const, tools: names.map(forced) },
  });

  it.each<[ChatRequest['tool_choice']]>([
    ['none'],
    ['auto'],
    ['required'],
    [null],
    [forced('b')],
    [allowed('b')],
    [allowed('b', 'a')],
  ])('may be %j among tools', async (tool_choice) => {
    await check({ tools: [tool('a'), tool('b')], tool_choice });
  });

  it.each<[ChatRequest['tool_choice']]>([['none'], ['auto'], [null]])(
    'may be %j without tools',
    async (tool_choice) => {
      await check({ tool_choice });
    },
  );

  it.each([undefined, null, [], [tool('a')]])('that names no tool among %j is refused', async (tools) => {
    await expect(check({ tools, tool_choice: forced('b') })).rejects.toMatchObject({
      type: 'invalid_tool_call',
      param: 'tool_choice.function.name',
      detail: ['tool_choice_unknown', 'b'],
    });
  });

  it('that allows a tool which is none is refused', async () => {
    const tools = [tool('a'), tool('b')];
    await expect(check({ tools, tool_choice: allowed('a', 'c') })).rejects.toMatchObject({
      type: 'invalid_tool_call',
      param: 'tool_choice.allowed_tools.tools[1].function.name',
      detail: ['tool_choice_unknown', 'c'],
    });
  });

  it.each([undefined, null, []])('"required" is refused with the tools %j', async (tools) => {
    await expect(check({ tools, tool_choice: 'required' })).rejects.toMatchObject({
      type: 'invalid_tool_call',
      param: 'tool_choice',
      detail: ['tool_choice_without_tools'],
    });
  });
});
