// The catalogue of a server whose models are the mock provider's.
import type { CatalogueConfig } from '../../src/models/catalogue-entry.ts';
import type { MockUpstream } from './mock-upstream.ts';

/** Given to the server under the name that the catalogue says. */
export const MOCK_KEY = 'mock-secret-0123456789';

/** Short, so that a test can wait for it. */
export const TIMEOUT_SECONDS = 2;

/** USD per million tokens. The halves are whole nano-dollars. */
export const PRICES = { prompt: 2, cached_prompt: 1, completion: 8 };

type Model = NonNullable<CatalogueConfig['models']>[number];

/** A model whose name after the slash says how the mock provider behaves. */
function mockModel(behaviour: string, more: Partial<Model> = {}): Model {
  return {
    id: `mock/${behaviour}`,
    provider: 'mock',
    model: behaviour,
    context_window: 100_000,
    modalities: ['text', 'image', 'document'],
    abilities: { tools: true, json_schema: true },
    prices: PRICES,
    timeout_seconds: TIMEOUT_SECONDS,
    retries: 0,
    ...more,
  };
}

/** The arguments that a server is started with. */
export function mockArguments({ origin }: MockUpstream): string[] {
  const catalogue: CatalogueConfig = {
    providers: {
      mock: { kind: 'openai', base_url: `${origin}/v1`, key: 'MOCK_KEY' },
      anthropic: { kind: 'anthropic', base_url: `${origin}/anthropic/v1`, key: 'MOCK_KEY' },
      google: { kind: 'google', base_url: `${origin}/google/v1beta`, key: 'MOCK_KEY' },
      mute: { kind: 'openai', base_url: 'http://127.0.0.1:9/v1' },
    },
    models: [
      ...[
        'assistant',
        'slow',
        'limited',
        'limited-once',
        'failing',
        'overloaded',
        'refusing',
        'too-long',
        'filtered',
        'wrong-key',
        'hanging',
        'resetting',
        'page',
        'malformed',
        'truncated',
        'broken',
        'error-event',
        'error-at-once',
        'held-open',
        'wrong-once',
        'wrong-always',
      ].map((behaviour) => mockModel(behaviour)),
      ...['anthropic', 'google'].flatMap((provider) =>
        ['assistant', 'limited', 'overloaded', 'wrong-key', 'hanging', 'error-event', 'held-open'].map(
          (behaviour) => mockModel(behaviour, { id: `${provider}/${behaviour}`, provider }),
        ),
      ),
      mockModel('failing-once', { retries: 1 }),
      mockModel('unreachable', { provider: 'mute' }),
      mockModel('held-open', { id: 'mock/held-open-long', timeout_seconds: 60 }),
      mockModel('overloaded', { id: 'mock/with-fallback', fallbacks: ['mock/failing', 'mock/assistant'] }),
      mockModel('assistant', {
        id: 'mock/instructed',
        abilities: { tools: true, json_schema: false },
      }),
      mockModel('assistant', { id: 'mock/unpriced', prices: undefined }),
    ],
  };
  return ['--var', `CATALOGUE:${JSON.stringify(catalogue)}`, '--var', `MOCK_KEY:${MOCK_KEY}`];
}
