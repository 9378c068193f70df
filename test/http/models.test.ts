// Models of the catalogue that this deployment has no key for: not listed, and a 404 that says what is missing.
import { beforeAll, describe, expect, it } from 'vitest';
import { type Client, type ErrorAnswer, newClient } from './client';

let client: Client;

beforeAll(async () => {
  client = await newClient();
});

const MISSING: [id: string, name: string][] = [
  ['gpt-5.4-mini', 'OPENAI_API_KEY'],
  ['groq/openai/gpt-oss-120b', 'GROQ_API_KEY'],
  ['@cf/openai/gpt-oss-120b', 'AI'],
];

describe.each(['/v1', '/api/v1'])('a model without its key, on %s', (prefix) => {
  it('is not listed', async () => {
    const { data } = await client.json<{ data: { id: string }[] }>('GET', `${prefix}/models`);
    expect(data.map(({ id }) => id)).toEqual(['sandbox']);
  });

  it.each(MISSING)('is not found by its id, %s, and the answer names what is missing', async (id, name) => {
    for (const path of [id, encodeURIComponent(id)]) {
      const response = await client.send('GET', `${prefix}/models/${path}`);
      expect(response.status).toBe(404);
      const { error } = await response.json<ErrorAnswer>();
      expect(error).toMatchObject({ type: 'not_found', param: 'model' });
      expect(error.message).toContain(`until ${name} is set`);
      expect(error.message).toContain(`"${id}"`);
    }
  });

  it.each(MISSING)('cannot be chatted with: %s', async (id, name) => {
    const json = { model: id, messages: [{ role: 'user', content: 'hi' }] };
    const headers = { 'accept-language': 'ko' };
    const response = await client.send('POST', `${prefix}/chat/completions`, { json, headers });
    expect(response.status).toBe(404);
    const { error } = await response.json<ErrorAnswer>();
    expect(error).toMatchObject({ type: 'not_found', param: 'model' });
    expect(error.message).toMatch(/^모델을 찾을 수 없습니다: /);
    expect(error.message).toContain(name);
  });

  it('is told from one that is in no catalogue', async () => {
    const { error } = await client.json<ErrorAnswer>('GET', `${prefix}/models/no/such-model`);
    expect(error.message).toBe('The model was not found: there is no model "no/such-model"');
  });
});
