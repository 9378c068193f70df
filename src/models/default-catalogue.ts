// The models a deployment has without any configuration, each as soon as its provider's key (or binding) is set.
// Prices are list prices as found in November 2026, some on pages other than the provider's own: check those you bill by,
// and state your own in CATALOGUE. One is left out where nothing confirmed it, or where one figure for a token would be
// wrong: the cost of such a model is null.
// Known gaps: one price for all lengths of prompt (a window below the provider's own ends where its dearer tier
// begins), and none for audio, for writing to a cache, or by the time of day.
import type { CatalogueConfig, ModelEntry } from './catalogue-entry';

const PROVIDERS = {
  quire: { kind: 'sandbox' },
  openai: { kind: 'openai', base_url: 'https://api.openai.com/v1', key: 'OPENAI_API_KEY' },
  anthropic: { kind: 'anthropic', key: 'ANTHROPIC_API_KEY' },
  google: { kind: 'google', key: 'GOOGLE_API_KEY' },
  'workers-ai': { kind: 'workers-ai' },
  groq: { kind: 'openai', base_url: 'https://api.groq.com/openai/v1', key: 'GROQ_API_KEY' },
  openrouter: { kind: 'openai', base_url: 'https://openrouter.ai/api/v1', key: 'OPENROUTER_API_KEY' },
  mistral: { kind: 'openai', base_url: 'https://api.mistral.ai/v1', key: 'MISTRAL_API_KEY' },
  deepseek: { kind: 'openai', base_url: 'https://api.deepseek.com', key: 'DEEPSEEK_API_KEY' },
  xai: { kind: 'openai', base_url: 'https://api.x.ai/v1', key: 'XAI_API_KEY' },
  together: { kind: 'openai', base_url: 'https://api.together.xyz/v1', key: 'TOGETHER_API_KEY' },
} as const satisfies CatalogueConfig['providers'];

const NATIVE_JSON = { tools: true, json_schema: true };

const SANDBOX: ModelEntry[] = [
  {
    id: 'sandbox',
    provider: 'quire',
    context_window: 128_000,
    modalities: ['text', 'image', 'document', 'audio'],
    abilities: NATIVE_JSON,
    // Like a small commercial model's. Even numbers: the batch's half price is a whole number of nano-dollars.
    prices: { prompt: 0.1, cached_prompt: 0.05, completion: 0.4 },
    // Its failures are asked for, and to be seen.
    retries: 0,
    created: 1_790_000_000,
  },
];

/** https://developers.openai.com/api/docs/pricing */
const OPENAI: ModelEntry[] = [
  {
    id: 'gpt-6.2-sol',
    provider: 'openai',
    // No prices: writes to its cache, which happen by themselves, cost more than a prompt's tokens.
    context_window: 1_050_000,
    modalities: ['text', 'image', 'document'],
    abilities: NATIVE_JSON,
    created: dayOf('2026-11-17'),
  },
  {
    id: 'gpt-5.4-mini',
    provider: 'openai',
    context_window: 400_000,
    modalities: ['text', 'image', 'document'],
    abilities: NATIVE_JSON,
    prices: { prompt: 0.75, cached_prompt: 0.075, completion: 4.5 },
    created: dayOf('2026-03-17'),
  },
  {
    id: 'gpt-4.1-mini',
    provider: 'openai',
    context_window: 1_047_576,
    modalities: ['text', 'image', 'document'],
    abilities: NATIVE_JSON,
    prices: { prompt: 0.4, cached_prompt: 0.1, completion: 1.6 },
    created: dayOf('2025-04-14'),
  },
];

/** https://platform.claude.com/docs/en/about-claude/pricing */
const ANTHROPIC: ModelEntry[] = [
  {
    id: 'claude-opus-5-5',
    provider: 'anthropic',
    context_window: 1_000_000,
    modalities: ['text', 'image', 'document'],
    abilities: NATIVE_JSON,
    prices: { prompt: 4, cached_prompt: 0.2, completion: 20 },
    created: dayOf('2026-09-22'),
  },
  {
    id: 'claude-sonnet-5-5',
    provider: 'anthropic',
    context_window: 1_000_000,
    modalities: ['text', 'image', 'document'],
    abilities: NATIVE_JSON,
    prices: { prompt: 2, cached_prompt: 0.1, completion: 10 },
  },
  {
    id: 'claude-haiku-5-5',
    provider: 'anthropic',
    // Longer prompts cost five times as much.
    context_window: 100_000,
    modalities: ['text', 'image', 'document'],
    abilities: NATIVE_JSON,
    prices: { prompt: 0.1, cached_prompt: 0.01, completion: 0.5 },
    created: dayOf('2026-10-07'),
  },
];

/** https://ai.google.dev/gemini-api/docs/pricing */
const GOOGLE: ModelEntry[] = [
  {
    id: 'gemini-3.8-flash',
    provider: 'google',
    // No prices: they are halved until the end of 2026.
    context_window: 1_048_576,
    modalities: ['text', 'image', 'document', 'audio'],
    abilities: NATIVE_JSON,
    created: dayOf('2026-09-02'),
  },
  {
    id: 'gemini-3.5-flash',
    provider: 'google',
    context_window: 1_048_576,
    modalities: ['text', 'image', 'document', 'audio'],
    abilities: NATIVE_JSON,
    prices: { prompt: 1.5, cached_prompt: 0.15, completion: 9 },
    created: dayOf('2026-05-19'),
  },
  {
    id: 'gemini-3.1-flash-lite',
    provider: 'google',
    context_window: 1_048_576,
    // It hears as well, at a price of its own.
    modalities: ['text', 'image', 'document'],
    abilities: NATIVE_JSON,
    prices: { prompt: 0.25, cached_prompt: 0.025, completion: 1.5 },
    created: dayOf('2026-05-07'),
  },
];

/** https://developers.cloudflare.com/workers-ai/platform/pricing/ */
const WORKERS_AI: ModelEntry[] = [
  {
    id: '@cf/openai/gpt-oss-120b',
    provider: 'workers-ai',
    context_window: 128_000,
    prices: { prompt: 0.35, completion: 0.75 },
    created: dayOf('2025-08-05'),
  },
  {
    id: '@cf/zai-org/glm-4.7-flash',
    provider: 'workers-ai',
    context_window: 131_072,
    prices: { prompt: 0.0605, completion: 0.4 },
    created: dayOf('2026-01-28'),
  },
  {
    id: '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
    provider: 'workers-ai',
    context_window: 24_000,
    abilities: NATIVE_JSON,
    prices: { prompt: 0.293, completion: 2.253 },
    created: dayOf('2024-12-06'),
  },
];

/** https://console.groq.com/docs/models */
const GROQ: ModelEntry[] = [
  {
    id: 'groq/openai/gpt-oss-120b',
    provider: 'groq',
    model: 'openai/gpt-oss-120b',
    context_window: 131_072,
    abilities: NATIVE_JSON,
    prices: { prompt: 0.15, cached_prompt: 0.075, completion: 0.6 },
    created: dayOf('2025-08-05'),
  },
  {
    id: 'groq/openai/gpt-oss-20b',
    provider: 'groq',
    model: 'openai/gpt-oss-20b',
    context_window: 131_072,
    abilities: NATIVE_JSON,
    prices: { prompt: 0.075, cached_prompt: 0.0375, completion: 0.3 },
    created: dayOf('2025-08-05'),
  },
];

/** No prices: they are those of whichever provider OpenRouter chooses for a request. */
const OPENROUTER: ModelEntry[] = [
  {
    id: 'openrouter/auto',
    provider: 'openrouter',
    context_window: 2_000_000,
    modalities: ['text', 'image'],
    created: dayOf('2023-11-08'),
  },
  {
    id: 'openrouter/meta-llama/llama-3.3-70b-instruct',
    provider: 'openrouter',
    model: 'meta-llama/llama-3.3-70b-instruct',
    context_window: 131_072,
    created: dayOf('2024-12-06'),
  },
];

/** https://docs.mistral.ai/models */
const MISTRAL: ModelEntry[] = [
  {
    id: 'mistral-medium-3.5',
    provider: 'mistral',
    context_window: 262_144,
    modalities: ['text', 'image'],
    abilities: NATIVE_JSON,
    prices: { prompt: 1.5, completion: 7.5 },
    created: dayOf('2026-04-29'),
  },
  {
    id: 'mistral-small-latest',
    provider: 'mistral',
    context_window: 256_000,
    modalities: ['text', 'image'],
    abilities: NATIVE_JSON,
    created: dayOf('2026-03-16'),
  },
];

/** No prices: they double at peak hours (https://api-docs.deepseek.com/quick_start/pricing). */
const DEEPSEEK: ModelEntry[] = [
  { id: 'deepseek-flash', provider: 'deepseek', context_window: 1_000_000, modalities: ['text', 'image'] },
  {
    id: 'deepseek-v4-pro',
    provider: 'deepseek',
    context_window: 1_000_000,
    created: dayOf('2026-04-24'),
  },
];

/** https://docs.x.ai/developers/models; both cost twice as much from 200,000 tokens on. */
const XAI: ModelEntry[] = [
  {
    id: 'grok-4.5',
    provider: 'xai',
    context_window: 200_000,
    modalities: ['text', 'image'],
    abilities: NATIVE_JSON,
    prices: { prompt: 2, cached_prompt: 0.5, completion: 6 },
    created: dayOf('2026-07-08'),
  },
  {
    id: 'grok-4.3',
    provider: 'xai',
    context_window: 200_000,
    modalities: ['text', 'image'],
    abilities: NATIVE_JSON,
    prices: { prompt: 1.25, cached_prompt: 0.2, completion: 2.5 },
    created: dayOf('2026-04-17'),
  },
];

/** https://docs.together.ai/docs/serverless/models */
const TOGETHER: ModelEntry[] = [
  {
    id: 'together/openai/gpt-oss-120b',
    provider: 'together',
    model: 'openai/gpt-oss-120b',
    context_window: 131_072,
    prices: { prompt: 0.15, completion: 0.6 },
    created: dayOf('2025-08-05'),
  },
];

export const DEFAULT_CATALOGUE: CatalogueConfig = {
  providers: PROVIDERS,
  models: [
    ...SANDBOX,
    ...OPENAI,
    ...ANTHROPIC,
    ...GOOGLE,
    ...WORKERS_AI,
    ...GROQ,
    ...OPENROUTER,
    ...MISTRAL,
    ...DEEPSEEK,
    ...XAI,
    ...TOGETHER,
  ],
};

/** A day of a release (UTC) in unix seconds. */
function dayOf(date: string): number {
  return Date.parse(date) / 1000;
}
