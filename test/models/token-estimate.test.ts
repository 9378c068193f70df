import { describe, expect, it } from 'vitest';
import {
  estimatePromptTokens,
  estimateTextTokens,
  estimateUnreadPromptTokens,
  firstTokens,
} from '../../src/models/token-estimate';

function png(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

function promptOf(part: { type: 'image' | 'audio' | 'document'; mediaType: string; bytes: Uint8Array }) {
  return estimatePromptTokens({ model: 'm', messages: [] }, [
    { role: 'user', content: [{ ...part, filename: null }] },
  ]);
}

describe('estimatePromptTokens', () => {
  it.each([
    [512, 512, 85 + 170],
    [1024, 1024, 85 + 4 * 170],
    [2048, 4096, 85 + 6 * 170],
    [100_000, 1, 85 + 4 * 170],
  ])('counts an image of %i × %i by its tiles', (width, height, tokens) => {
    const prompt = promptOf({ type: 'image', mediaType: 'image/png', bytes: png(width, height) });
    expect(prompt.image).toBe(tokens);
  });

  it('counts an image of unknown size as one of 1024 × 1024', () => {
    expect(promptOf({ type: 'image', mediaType: 'image/png', bytes: new Uint8Array(3) }).image).toBe(765);
  });

  it('counts sound and documents by their bytes, documents as text', () => {
    expect(promptOf({ type: 'audio', mediaType: 'audio/wav', bytes: new Uint8Array(48_000) }).audio).toBe(10);
    const empty = promptOf({ type: 'document', mediaType: 'text/plain', bytes: new Uint8Array() }).text;
    expect(promptOf({ type: 'document', mediaType: 'text/plain', bytes: new Uint8Array(401) }).text).toBe(
      empty + 101,
    );
    expect(
      promptOf({ type: 'document', mediaType: 'application/pdf', bytes: new Uint8Array(500) }).text,
    ).toBe(empty + 10);
  });

  it('counts a refusal like the text that it is, read or not', () => {
    const said = { role: 'assistant' as const, content: 'I cannot do that.' };
    const refused = { role: 'assistant' as const, content: null, refusal: said.content };
    const request = (message: object) => ({ model: 'm', messages: [message as typeof said] });
    const asText = estimatePromptTokens(request(said), [said]).text;
    expect(estimatePromptTokens(request(refused), [refused]).text).toBe(asText);
    expect(estimateUnreadPromptTokens(request(refused)).text).toBe(asText);
    const part = { role: 'assistant', content: [{ type: 'refusal', refusal: said.content }] };
    expect(estimateUnreadPromptTokens(request(part)).text).toBe(asText);
  });

  it('counts tools, tool calls and the response schema', () => {
    const messages = [{ role: 'user', content: 'hello' }];
    const request = { model: 'm', messages: [] };
    const plain = estimatePromptTokens(request, messages).text;
    const tools = [{ type: 'function' as const, function: { name: 'get_weather' } }];
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'a', schema: { type: 'object' } },
    };
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    expect(estimatePromptTokens({ ...request, tools }, messages).text).toBeGreaterThan(plain);
    expect(estimatePromptTokens({ ...request, response_format }, messages).text).toBeGreaterThan(plain);
    const called = [...messages, { role: 'assistant', content: null, tool_calls: [call] }];
    expect(estimatePromptTokens(request, called).text).toBeGreaterThan(plain + 3);
  });
});

describe('firstTokens', () => {
  it('cuts to the tokens asked for and not within a character', () => {
    expect(firstTokens('one two three four', 2)).toBe('one two');
    const cut = firstTokens('😀'.repeat(50), 7);
    expect(cut).toMatch(/^(😀)+$/u);
    expect(estimateTextTokens(cut)).toBeLessThanOrEqual(8);
  });
});
