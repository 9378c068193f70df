import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { prepare } from '../../src/completions/prepare';
import type { ChatRequest } from '../../src/contract/chat';
import { errorMessage } from '../../src/contract/messages/render';
import * as catalogue from '../../src/models/catalogue';
import { failureOf } from '../models/openai/upstream';
import { chatRequest, NO_FILES, scriptedModel } from './scripted-model';

const known = [
  scriptedModel([]),
  scriptedModel([], { id: 'toolless', hasTools: false }),
  scriptedModel([], { id: 'short', contextWindow: 20 }),
  scriptedModel([], { id: 'reader', contextWindow: 20, modalities: ['text', 'document'] }),
];

beforeEach(() => {
  vi.spyOn(catalogue, 'findModel').mockImplementation((id) => known.find((model) => model.id === id) ?? null);
  vi.spyOn(catalogue, 'missingKeyOf').mockImplementation((id) => (id === 'keyless' ? 'ACME_KEY' : null));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const tool = { type: 'function' as const, function: { name: 'f' } };

describe('a request', () => {
  it('that can be made comes with its model, its messages and its length', async () => {
    const prepared = await prepare(chatRequest({ tools: [tool] }), NO_FILES);
    expect(prepared.model).toBe(known[0]);
    expect(prepared.messages).toEqual([{ role: 'user', content: 'Hello there' }]);
    expect(prepared.promptTokens).toBeGreaterThan(1);
  });

  it.each<[title: string, request: ChatRequest, type: string, param: string]>([
    ['an unknown model', chatRequest({ model: 'nothing' }), 'not_found', 'model'],
    ['a model without a key', chatRequest({ model: 'keyless' }), 'not_found', 'model'],
    [
      'tools for a model without',
      chatRequest({ model: 'toolless', tools: [tool] }),
      'invalid_request',
      'tools',
    ],
    [
      'tools of one name',
      chatRequest({ tools: [tool, tool] }),
      'invalid_tool_call',
      'tools[1].function.name',
    ],
    [
      'a schema that is none',
      chatRequest({
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'objekt' } } },
      }),
      'invalid_request',
      'response_format.json_schema.schema',
    ],
    [
      'more than the model can read',
      chatRequest({ model: 'short', messages: [{ role: 'user', content: 'word '.repeat(50) }] }),
      'context_length_exceeded',
      'messages',
    ],
  ])('with %s is refused', async (_, request, type, param) => {
    expect(await failureOf(prepare(request, NO_FILES))).toMatchObject({ type, param });
  });

  it('for a model whose provider has no key says which one', async () => {
    const error = await failureOf(prepare(chatRequest({ model: 'keyless' }), NO_FILES));
    expect(errorMessage(error, 'en')).toContain('ACME_KEY');
    expect(errorMessage(error, 'ko')).toContain('ACME_KEY');
  });

  it('with a PDF goes to its provider, however large: its bytes say little of its text', async () => {
    const bytes = new Uint8Array(50_000);
    bytes.set(new TextEncoder().encode('%PDF-1.7'));
    const file = { file_data: `data:application/pdf;base64,${bytes.toBase64()}`, filename: 'scan.pdf' };
    const of = (text: string) =>
      chatRequest({
        model: 'reader',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text },
              { type: 'file', file },
            ],
          },
        ],
      });
    const prepared = await prepare(of('Hello'), NO_FILES);
    expect(prepared.promptTokens).toBeGreaterThan(1_000);
    expect(prepared.knownTokens).toBeLessThan(20);
    expect(await failureOf(prepare(of('word '.repeat(50)), NO_FILES))).toMatchObject({
      type: 'context_length_exceeded',
    });
  });

  it('with an empty list of tools needs no model that has them', async () => {
    expect((await prepare(chatRequest({ model: 'toolless', tools: [] }), NO_FILES)).model.id).toBe(
      'toolless',
    );
  });
});
