import { expect, it } from 'vitest';
import { type OpenaiUsage, reportedUsage, usageOf } from '../../../src/models/openai/openai-usage';
import { callOf } from './upstream';

/** Prompt, of which cached, image, audio; completion, of which reasoning. */
type Counts = [
  prompt: number,
  cached: number,
  image: number,
  audio: number,
  completion: number,
  reasoning: number,
];

it.each<[title: string, reported: OpenaiUsage, counts: Counts]>([
  ['OpenAI’s', recorded(), [19, 4, 0, 3, 10, 2]],
  ['the shortest', { prompt_tokens: 9, completion_tokens: 3 }, [9, 0, 0, 0, 3, 0]],
  [
    'vLLM’s',
    { prompt_tokens: 9, total_tokens: 12, completion_tokens: 3, prompt_tokens_details: null },
    [9, 0, 0, 0, 3, 0],
  ],
  [
    'xAI’s, whose completion leaves reasoning out',
    {
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      prompt_tokens_details: { audio_tokens: 0, image_tokens: 12, cached_tokens: 6 },
      completion_tokens_details: { reasoning_tokens: 94 },
    },
    [32, 6, 12, 0, 103, 94],
  ],
  [
    'Google’s, which counts thoughts in the total alone',
    { prompt_tokens: 10, completion_tokens: 35, total_tokens: 1094 },
    [10, 0, 0, 0, 1084, 1049],
  ],
  [
    'one that does not add up',
    {
      prompt_tokens: 5,
      completion_tokens: 2,
      total_tokens: 1,
      prompt_tokens_details: { cached_tokens: 50, audio_tokens: -1 },
      completion_tokens_details: { reasoning_tokens: 7 },
    },
    [5, 5, 0, 0, 2, 2],
  ],
  ['one of nothing', {}, [0, 0, 0, 0, 0, 0]],
])('usage as %s is reported', (_, reported, [prompt, cached, image, audio, completion, reasoning]) => {
  expect(reportedUsage(reported)).toEqual({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: cached,
      text_tokens: prompt - image - audio,
      image_tokens: image,
      audio_tokens: audio,
    },
    completion_tokens_details: { text_tokens: completion - reasoning, reasoning_tokens: reasoning },
  });
});

function recorded(): OpenaiUsage {
  return {
    prompt_tokens: 19,
    completion_tokens: 10,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 3 },
    completion_tokens_details: { reasoning_tokens: 2 },
  };
}

it('usage that is not reported is estimated from what was said', () => {
  const message = { role: 'assistant' as const, content: 'Good morning to you all', refusal: null };
  const usage = usageOf(null, callOf(), [{ index: 0, message, finish_reason: 'stop' }]);
  expect(usage.prompt_tokens).toBeGreaterThan(0);
  expect(usage.completion_tokens).toBeGreaterThan(2);
  expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
});
