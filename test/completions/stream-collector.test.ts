import { describe, expect, it } from 'vitest';
import { StreamCollector } from '../../src/completions/stream-collector';
import type { ChunkChoice } from '../../src/contract/chat';

function collect(...chunks: object[]) {
  const collector = new StreamCollector();
  // As upstreams send them, which is not always as the type says.
  for (const chunk of chunks) collector.add([chunk as ChunkChoice]);
  return collector.choices;
}

const piece = (toolCall: object) => ({ index: 0, delta: { tool_calls: [toolCall] }, finish_reason: null });

describe('the pieces of a streamed answer', () => {
  it('come together as one', () => {
    const choices = collect(
      { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null },
      { index: 0, delta: { content: '안녕' }, finish_reason: null },
      { index: 0, delta: { content: '하세요' }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: 'length' },
    );
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: '안녕하세요', refusal: null },
        finish_reason: 'length',
      },
    ]);
  });

  it('are kept apart by choice', () => {
    const choices = collect(
      { index: 1, delta: { content: 'b' }, finish_reason: null },
      { index: 0, delta: { refusal: 'no' }, finish_reason: 'stop' },
      { index: 1, delta: { content: 'c' }, finish_reason: 'stop' },
    );
    expect(choices.map(({ index, message }) => [index, message.content, message.refusal])).toEqual([
      [1, 'bc', null],
      [0, null, 'no'],
    ]);
  });

  it('make whole tool calls', () => {
    const [choice] = collect(
      piece({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      piece({ index: 0, function: { arguments: '{"x"' } }),
      piece({ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } }),
      piece({ index: 0, function: { arguments: ':1}' } }),
      { index: 0, delta: {}, finish_reason: 'tool_calls' },
    );
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.tool_calls).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
    ]);
  });

  it.each([
    ['counts from 1', [{ index: 1, id: 'a', function: { name: 'f', arguments: '{}' } }]],
    [
      'does not count',
      [
        { id: 'a', function: { name: 'f' } },
        { function: { arguments: '{' } },
        { function: { arguments: '}' } },
      ],
    ],
    [
      'has a call without a function',
      [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }, { index: 0 }],
    ],
  ])('make a whole tool call where an upstream %s', (_, pieces) => {
    const [choice] = collect(...pieces.map(piece));
    expect(choice?.message.tool_calls).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
    ]);
  });

  it('may say nothing', () => {
    expect(collect()).toEqual([]);
    expect(collect({ index: 0, finish_reason: null })).toEqual([
      { index: 0, message: { role: 'assistant', content: null, refusal: null }, finish_reason: 'stop' },
    ]);
  });
});
