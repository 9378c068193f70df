import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/contract/errors';
import { makeCatalogue } from '../../src/models/catalogue';
import { catalogueConfig } from '../../src/models/catalogue-entry';
import { DEFAULT_CATALOGUE } from '../../src/models/default-catalogue';

const DEFAULTS = catalogueConfig.parse(DEFAULT_CATALOGUE);

/** Every secret and binding that a default model needs. */
const EVERYTHING = {
  AI: { run: () => Promise.reject(new Error('not called')) },
  ...Object.fromEntries(Object.values(DEFAULTS.providers).map(({ key }) => [key, 'some-key'])),
};

const OWN_MODEL = { id: 'own', provider: 'openai', context_window: 1000 };

function withConfig(config: object, deployment: object = EVERYTHING) {
  return makeCatalogue(JSON.stringify(config), deployment);
}

/** What is wrong with a configuration, from the error to its innermost cause. */
function faultOf(config: string): string {
  try {
    makeCatalogue(config, EVERYTHING);
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ type: 'internal_error', detail: ['catalogue_invalid'] });
    return ((error as ApiError).cause as Error).message;
  }
  throw new Error('the configuration was accepted');
}

describe('the default models', () => {
  it('are the sandbox alone where no secret is set', () => {
    for (const config of ['', ' \n']) {
      const { usable, keyless } = makeCatalogue(config, {});
      expect(Array.from(usable.keys())).toEqual(['sandbox']);
      expect(keyless.size).toBe(DEFAULTS.models.length - 1);
    }
  });

  it('are usable each as soon as its provider’s key is set, and name it until then', () => {
    const { usable, keyless } = makeCatalogue('', { GROQ_API_KEY: 'k', OPENAI_API_KEY: '' });
    expect(Array.from(usable.keys())).toEqual([
      'sandbox',
      'groq/openai/gpt-oss-120b',
      'groq/openai/gpt-oss-20b',
    ]);
    expect(keyless.get('gpt-5.4-mini')).toBe('OPENAI_API_KEY');
    expect(keyless.get('claude-opus-5-5')).toBe('ANTHROPIC_API_KEY');
    expect(keyless.get('gemini-3.5-flash')).toBe('GOOGLE_API_KEY');
  });

  it('of Workers AI need its binding and no key', () => {
    const id = '@cf/openai/gpt-oss-120b';
    expect(makeCatalogue('', {}).keyless.get(id)).toBe('AI');
    expect(makeCatalogue('', { AI: EVERYTHING.AI }).usable.has(id)).toBe(true);
  });

  it('are all usable in a deployment that has everything, in the order of the catalogue', () => {
    const { usable, keyless } = makeCatalogue('', EVERYTHING);
    expect(Array.from(usable.keys())).toEqual(DEFAULTS.models.map(({ id }) => id));
    expect(keyless.size).toBe(0);
  });

  it.each(DEFAULTS.models.map((entry) => [entry.id, entry] as const))(
    '%s has a provider, falls back on nothing, and was released in the past',
    (_id, { provider, fallbacks, created, context_window }) => {
      expect(Object.keys(DEFAULTS.providers)).toContain(provider);
      expect(fallbacks).toEqual([]);
      expect(created).toBeLessThanOrEqual(Date.parse('2026-12-01') / 1000);
      expect(created % 1).toBe(0);
      expect(context_window).toBeGreaterThanOrEqual(8000);
    },
  );

  it('have ids of their own', () => {
    expect(new Set(DEFAULTS.models.map(({ id }) => id)).size).toBe(DEFAULTS.models.length);
  });

  it.each(DEFAULTS.models.filter(({ prices }) => prices).map(({ id, prices }) => [id, prices] as const))(
    '%s costs no more for a cached token than for a new one, and no more for that than for one of the answer',
    (_id, prices) => {
      if (prices === undefined) throw new Error('no prices');
      expect(prices.cached_prompt ?? prices.prompt).toBeLessThanOrEqual(prices.prompt);
      expect(prices.prompt).toBeLessThanOrEqual(prices.completion);
    },
  );
});

describe('CATALOGUE', () => {
  it('adds models to the default ones', () => {
    const { usable } = withConfig({ models: [OWN_MODEL] });
    expect(usable.get('sandbox')).toBeDefined();
    expect(usable.get('own')).toMatchObject({
      id: 'own',
      provider: 'openai',
      contextWindow: 1000,
      modalities: ['text'],
      hasTools: true,
      hasJsonSchema: false,
      prices: null,
      timeoutMs: 150_000,
      retries: 1,
      fallbacks: [],
      createdSeconds: 0,
    });
  });

  it('replaces a default model by its id', () => {
    const prices = { prompt: 2, completion: 10 };
    const { usable } = withConfig({
      models: [{ id: 'gpt-5.4-mini', provider: 'openai', context_window: 5000, prices }],
    });
    expect(usable.get('gpt-5.4-mini')).toMatchObject({ contextWindow: 5000, modalities: ['text'] });
    expect(Array.from(usable.keys()).filter((id) => id === 'gpt-5.4-mini')).toHaveLength(1);
  });

  it('replaces every default model where it does not keep them', () => {
    const { usable, keyless } = withConfig(
      { keep_defaults: false, models: [OWN_MODEL] },
      { OPENAI_API_KEY: 'k' },
    );
    expect(Array.from(usable.keys())).toEqual(['own']);
    expect(keyless.size).toBe(0);
  });

  it('adds a provider at any base URL, with a key or without', () => {
    const providers = {
      local: { kind: 'openai', base_url: 'http://127.0.0.1:11434/v1/' },
      hosted: { kind: 'openai', base_url: 'https://models.example/v1', key: 'HOSTED_KEY' },
    };
    const models = [
      { id: 'llama', provider: 'local', context_window: 8192 },
      { id: 'large', provider: 'hosted', model: 'org/large:latest', context_window: 8192 },
    ];
    const without = withConfig({ providers, models }, {});
    expect(without.usable.get('llama')).toMatchObject({ provider: 'local' });
    expect(without.keyless.get('large')).toBe('HOSTED_KEY');
    expect(withConfig({ providers, models }, { HOSTED_KEY: 'k' }).usable.has('large')).toBe(true);
  });

  it('moves a default provider elsewhere', () => {
    const providers = { openai: { kind: 'openai', base_url: 'https://proxy.example/v1', key: 'PROXY_KEY' } };
    const { usable, keyless } = withConfig({ providers }, { PROXY_KEY: 'k' });
    expect(usable.has('gpt-5.4-mini')).toBe(true);
    expect(keyless.get('grok-4.3')).toBe('XAI_API_KEY');
  });

  it('takes ids with slashes and colons as they are', () => {
    const id = 'org/family/model-7b:free';
    expect(withConfig({ models: [{ ...OWN_MODEL, id }] }).usable.get(id)).toMatchObject({ id });
  });

  it('names the models that stand in for one, in their order', () => {
    const fallbacks = ['sandbox', 'not-there'];
    expect(withConfig({ models: [{ ...OWN_MODEL, fallbacks }] }).usable.get('own')?.fallbacks).toEqual(
      fallbacks,
    );
  });

  it('states limits in the units of the configuration', () => {
    const model = { ...OWN_MODEL, timeout_seconds: 2.5, retries: 0, created: 1_700_000_000 };
    expect(withConfig({ models: [model] }).usable.get('own')).toMatchObject({
      timeoutMs: 2500,
      retries: 0,
      createdSeconds: 1_700_000_000,
    });
  });

  it.each<[prices: object, nano: object]>([
    [
      { prompt: 2.5, cached_prompt: 0.25, completion: 10 },
      { prompt: 2500, cachedPrompt: 250, completion: 10_000 },
    ],
    // Cached tokens cost what others do where nothing else is said.
    [
      { prompt: 0.4, completion: 1.6 },
      { prompt: 400, cachedPrompt: 400, completion: 1600 },
    ],
    [
      { prompt: 0, completion: 0 },
      { prompt: 0, cachedPrompt: 0, completion: 0 },
    ],
    // Less than a nano-dollar a token is kept.
    [
      { prompt: 0.0375, cached_prompt: 0.0005, completion: 0.3 },
      { prompt: 37.5, cachedPrompt: 0.5, completion: 300 },
    ],
  ])('turns USD per million tokens into nano-dollars a token: %j', (prices, nano) => {
    expect(withConfig({ models: [{ ...OWN_MODEL, prices }] }).usable.get('own')?.prices).toEqual(nano);
  });

  it.each<[config: string, place: RegExp]>([
    ['{', /^the variable CATALOGUE is not valid: it is not JSON/],
    ['{"models": [{"id": sk-secret}]}', /it is not JSON/],
    ['{"providers": {}, }', /it is not JSON at position 18$/],
    ['[]', /CATALOGUE is not valid: must be an object, not an array$/],
    ['{"model":[]}', /CATALOGUE is not valid: .*"model"/],
    ['{"models":[{"id":"a","provider":"openai"}]}', /: models\[0\]\.context_window: is missing$/],
    [
      '{"models":[{"id":"a","provider":"openai","context_window":1,"prices":{"prompt":-1,"completion":1}}]}',
      /: models\[0\]\.prices\.prompt: /,
    ],
    [
      '{"models":[{"id":"a","provider":"openai","context_window":1,"abilities":{"sing":true}}]}',
      /: models\[0\]\.abilities: .*"sing"/,
    ],
    ['{"providers":{"p":{"kind":"smtp"}}}', /: providers\.p\.kind: /],
    ['{"providers":{"p":{"kind":"openai","base_url":"ftp://x.example"}}}', /: providers\.p\.base_url: /],
    ['{"providers":{"p":{"kind":"openai","key":"sk-secret"}}}', /: providers\.p\.key: /],
    ['{"models":[{"id":"a","provider":"nowhere","context_window":1}]}', /"a" is of a provider "nowhere"/],
  ])('that is not valid is our own fault, and the cause says where: %s', (config, place) => {
    const fault = faultOf(config);
    expect(fault).toMatch(place);
    expect(fault).not.toContain('secret');
  });
});
