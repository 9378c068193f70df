// The catalogue as data: what a deployment may write in its configuration, and what the default set is written in.
import * as z from 'zod';
import { MODALITIES } from '../contract/models';
import { PROVIDER_KINDS } from './provider';

export const providerEntry = z.strictObject({
  kind: z.enum(PROVIDER_KINDS),
  base_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Without it, the provider's own"),
  key: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .optional()
    .describe('The name of the secret with its API key'),
});

const usdPerMillionTokens = z.number().min(0);

export const modelEntry = z.strictObject({
  id: z.string().min(1).max(256),
  provider: z.string().min(1),
  model: z.string().min(1).optional().describe('What the provider calls it; without it, the id'),
  context_window: z.int().min(1).describe('Tokens of prompt and answer together'),
  modalities: z.array(z.enum(MODALITIES)).default(['text']),
  abilities: z
    .strictObject({ tools: z.boolean().default(true), json_schema: z.boolean().default(false) })
    .default({ tools: true, json_schema: false }),
  prices: z
    .strictObject({
      prompt: usdPerMillionTokens,
      cached_prompt: usdPerMillionTokens.optional().describe('Without it, the price of a prompt'),
      completion: usdPerMillionTokens,
    })
    .optional()
    .describe('USD per million tokens; without them, cost is null'),
  timeout_seconds: z.number().min(1).max(600).default(150),
  retries: z.int().min(0).max(5).default(1).describe('Tries again after overload, timeout and 5xx'),
  fallbacks: z.array(z.string()).default([]).describe('Models asked in turn where this one fails so'),
  created: z.int().min(0).default(0).describe("OpenAI's `created`: unix seconds"),
});
export type ModelEntry = z.input<typeof modelEntry>;

export const catalogueConfig = z.strictObject({
  providers: z.record(z.string().min(1), providerEntry).default({}),
  models: z.array(modelEntry).default([]),
  /** Whether the default models stay; those named again are replaced. */
  keep_defaults: z.boolean().default(true),
});
export type CatalogueConfig = z.input<typeof catalogueConfig>;
