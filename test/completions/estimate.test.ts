// What a request will use and cost, before it is run.
import { describe, expect, it } from 'vitest';
import { answerLimit, boundOf, estimateRequest, sizeOf } from '../../src/completions/estimate';
import type { ChatRequest } from '../../src/contract/chat';
import { type CatalogueModel, findModel } from '../../src/models/catalogue';
import { estimateTextTokens } from '../../src/models/token-estimate';

function model(prices: CatalogueModel['prices']): CatalogueModel {
  const sandbox = findModel('sandbox');
  if (sandbox === null) throw new Error('no sandbox');
  return { ...sandbox, prices };
}

/** 100 nano-dollars a prompt token, 400 an answer's. */
const PRICED = model({ prompt: 100, cachedPrompt: 50, completion: 400 });
const UNPRICED = model(null);
const FREE = model({ prompt: 0, cachedPrompt: 0, completion: 0 });

const request = (extra: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'sandbox',
  messages: [{ role: 'user', content: 'How many tokens is this?' }],
  ...extra,
});

/** Of the message above, with what every message takes. */
const PROMPT_TOKENS = estimateTextTokens('How many tokens is this?') + 3;

const ANSWERS: [name: string, extra: Partial<ChatRequest>, likely: number, bound: number][] = [
  ['nothing bounds', {}, 256, 16_384],
  ['max_tokens bounds', { max_tokens: 10 }, 10, 10],
  ['max_completion_tokens bounds', { max_completion_tokens: 20 }, 20, 20],
  ['both bound: the newer name counts', { max_tokens: 10, max_completion_tokens: 20 }, 20, 20],
  ['null bounds', { max_tokens: null, max_completion_tokens: null }, 256, 16_384],
  ['a bound above the likely is taken whole', { max_tokens: 100_000 }, 100_000, 100_000],
  ['is asked for three times', { n: 3 }, 768, 49_152],
  ['is bounded and asked for three times', { n: 3, max_tokens: 10 }, 30, 30],
];

describe.each(ANSWERS)('an answer that %s', (_name, extra, likely, bound) => {
  it(`is estimated at ${likely} tokens`, () => {
    const { usage, costNano } = estimateRequest(request(extra), PRICED, 'none');
    expect(usage).toMatchObject({
      prompt_tokens: PROMPT_TOKENS,
      completion_tokens: likely,
      total_tokens: PROMPT_TOKENS + likely,
      completion_tokens_details: { text_tokens: likely, reasoning_tokens: 0 },
    });
    expect(costNano).toEqual({ prompt: PROMPT_TOKENS * 100, completion: likely * 400 });
  });

  it(`costs ${bound} tokens at most`, () => {
    expect(boundOf(request(extra), PRICED, 'none')).toBe(PROMPT_TOKENS * 100 + bound * 400);
  });
});

describe('an estimate', () => {
  it('in a batch costs half', () => {
    const alone = estimateRequest(request(), PRICED, 'none').costNano;
    const inBatch = estimateRequest(request(), PRICED, 'batch').costNano;
    expect(inBatch).toEqual({ prompt: (alone?.prompt ?? 0) / 2, completion: (alone?.completion ?? 0) / 2 });
    expect(boundOf(request(), PRICED, 'batch')).toBe(boundOf(request(), PRICED, 'none') / 2);
  });

  it('counts parts by their kind without reading them', () => {
    const source = { type: 'file' as const, file_id: 'file_never_read' };
    const parts = [
      { type: 'image' as const, source },
      { type: 'audio' as const, source },
      { type: 'document' as const, source },
      { type: 'text' as const, text: 'word' },
    ];
    const { usage } = estimateRequest(
      request({ messages: [{ role: 'user', content: parts }] }),
      PRICED,
      'none',
    );
    const { text_tokens, image_tokens, audio_tokens, cached_tokens } = usage.prompt_tokens_details;
    expect(image_tokens).toBe(765);
    expect(audio_tokens).toBe(600);
    expect(text_tokens).toBe(3 + 2_000 + estimateTextTokens('word'));
    expect(cached_tokens).toBe(0);
    expect(text_tokens + image_tokens + audio_tokens).toBe(usage.prompt_tokens);
  });

  it('of a refusal in parts is that of its text: nothing of it is still to be read', () => {
    const answered = (content: string | { type: 'refusal'; refusal: string }[]): ChatRequest =>
      request({ messages: [{ role: 'assistant', content }] });
    const refusal = 'I would rather not.';
    expect(sizeOf(answered([{ type: 'refusal', refusal }]), PRICED)).toEqual(
      sizeOf(answered(refusal), PRICED),
    );
  });

  it('has no cost without a price, and a bound of nothing', () => {
    expect(estimateRequest(request(), UNPRICED, 'batch').costNano).toBeNull();
    expect(boundOf(request(), UNPRICED, 'batch')).toBe(0);
  });

  it('of a free model costs nothing, which is known', () => {
    expect(estimateRequest(request(), FREE, 'batch').costNano).toEqual({ prompt: 0, completion: 0 });
    expect(boundOf(request(), FREE, 'batch')).toBe(0);
  });

  it.each(ANSWERS)('is never above the bound: an answer that %s', (_name, extra) => {
    const { costNano } = estimateRequest(request(extra), PRICED, 'batch');
    const estimated = (costNano?.prompt ?? 0) + (costNano?.completion ?? 0);
    expect(estimated).toBeLessThanOrEqual(boundOf(request(extra), PRICED, 'batch'));
  });
});

it.each<[extra: Partial<ChatRequest>, limit: number | null]>([
  [{}, null],
  [{ max_tokens: null }, null],
  [{ max_tokens: 7 }, 7],
  [{ max_completion_tokens: 8, max_tokens: 7 }, 8],
  [{ max_completion_tokens: null, max_tokens: 7 }, 7],
])('the limit of an answer to %j is %s', (extra, limit) => {
  expect(answerLimit(request(extra))).toBe(limit);
});
