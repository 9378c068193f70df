import { describe, expect, it } from 'vitest';
import { codeSample, SAMPLE_KINDS } from '../../src/console/playground/code-samples';
import { withChunk } from '../../src/console/playground/collect-answer';
import {
  type Answer,
  chatRequestOf,
  NO_ANSWER,
  openCalls,
  type Settings,
  type Turn,
} from '../../src/console/playground/conversation';
import { type ChunkChoice, NO_USAGE } from '../../src/contract/chat';

const SETTINGS: Settings = { model: 'm', system: '', temperature: '', maxTokens: '', tools: '', schema: '' };

const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'f', arguments: '{}' } });

const TURNS: Turn[] = [
  { role: 'user', text: 'Hi', attachments: [] },
  {
    role: 'assistant',
    answer: { ...NO_ANSWER, toolCalls: [call('a'), call('b')], finishReason: 'tool_calls' },
  },
  { role: 'tool', callId: 'a', text: '1' },
];

describe('a request', () => {
  it('leaves out what was left empty', () => {
    expect(chatRequestOf(SETTINGS, TURNS.slice(0, 1))).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  it('holds the settings, and the turns as messages', () => {
    const settings = {
      ...SETTINGS,
      system: 'Be brief',
      temperature: '0',
      maxTokens: '5',
      tools: '[]',
      schema: '{"type":"object"}',
    };
    const answered: Turn = { role: 'assistant', answer: { ...NO_ANSWER, text: 'Hello' } };
    const asked: Turn = {
      role: 'user',
      text: 'See',
      attachments: [{ fileId: 'file_1', name: 'a.png', mediaType: 'image/png' }],
    };
    expect(chatRequestOf(settings, [...TURNS, answered, asked])).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
        { role: 'tool', tool_call_id: 'a', content: '1' },
        { role: 'assistant', content: 'Hello' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'file', file: { file_id: 'file_1' } },
          ],
        },
      ],
      temperature: 0,
      max_tokens: 5,
      tools: [],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
      },
    });
  });

  it('waits for the calls that have no result yet', () => {
    expect(openCalls(TURNS).map(({ id }) => id)).toEqual(['b']);
    expect(openCalls([...TURNS, { role: 'tool', callId: 'b', text: '2' }])).toEqual([]);
    expect(openCalls(TURNS.slice(0, 1))).toEqual([]);
  });

  const half = { id: 'b', type: 'function' as const, function: { name: 'f', arguments: '{"city": "Se' } };
  const question = { role: 'user', content: 'Hi' };
  const cut = (answer: Partial<Answer>): Turn[] => [
    ...TURNS.slice(0, 1),
    { role: 'assistant', answer: { ...NO_ANSWER, ...answer } },
  ];

  it('goes without the calls of an answer that was stopped', () => {
    // The first one may be whole by its text alone: the model was about to say more.
    const stopped = cut({ text: 'Let me see', toolCalls: [call('a'), half], stopped: true });
    expect(openCalls(stopped)).toEqual([]);
    expect(chatRequestOf(SETTINGS, stopped).messages).toEqual([
      question,
      { role: 'assistant', content: 'Let me see' },
    ]);
  });

  it('goes without an answer of which nothing but cut calls came', () => {
    const brokenOff = cut({ toolCalls: [half] });
    expect(openCalls(brokenOff)).toEqual([]);
    expect(chatRequestOf(SETTINGS, brokenOff).messages).toEqual([question]);
  });

  it('keeps the calls before the one that met the token limit', () => {
    const limited = cut({ toolCalls: [call('a'), half], finishReason: 'length' });
    expect(openCalls(limited)).toEqual([call('a')]);
    expect(chatRequestOf(SETTINGS, limited).messages).toEqual([
      question,
      { role: 'assistant', content: null, tool_calls: [call('a')] },
    ]);
  });
});

describe('an answer', () => {
  const chunk = (delta: ChunkChoice['delta'], finish: ChunkChoice['finish_reason'] = null) => ({
    choices: [{ index: 0, delta, finish_reason: finish }],
    usage: null,
  });

  it('is put together from its chunks', () => {
    const cost = { prompt_cost: 1, completion_cost: 2, total_cost: 3, currency: 'USD' as const };
    const chunks = [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      chunk({
        tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"x"' } }],
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
      chunk({
        tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }],
      }),
      chunk({}, 'tool_calls'),
      { choices: [], usage: NO_USAGE, cost },
    ];
    expect(chunks.reduce(withChunk, NO_ANSWER)).toEqual({
      text: 'Hello',
      refusal: '',
      toolCalls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '' } },
      ],
      finishReason: 'tool_calls',
      stopped: false,
      usage: NO_USAGE,
      cost,
    });
    expect(NO_ANSWER.toolCalls).toEqual([]);
  });
});

describe('code', () => {
  it.each(SAMPLE_KINDS)('for %s has the address and the request', (kind) => {
    const code = codeSample(kind, 'https://quire.example', { model: 'm' });
    expect(code).toContain('https://quire.example/v1');
    expect(code).toContain('"model": "m"');
    expect(code).toContain('QUIRE_API_KEY');
  });

  it('for a shell keeps a single quote within the quotes around the request', () => {
    const code = codeSample('curl', 'https://quire.example', { text: "it's" });
    expect(code).toContain(`"text": "it'\\''s"`);
  });
});
