// A model of the catalogue as clients see it, on both surfaces.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';

/** What a model takes. */
export const MODALITIES = ['text', 'image', 'document', 'audio'] as const;
export type Modality = (typeof MODALITIES)[number];

const usdPerMillion = z.number().min(0);

/** OpenAI's `Model` and what this platform adds. */
export const modelResponse = z.lazy(() =>
  z.object({
    id: z.string().describe('What a request names as `model`'),
    object: z.literal('model'),
    created: z.int().describe('Unix seconds'),
    owned_by: z.string().describe('The provider, as in `provider`'),
    context_window: z.int().describe('Tokens of prompt and answer together'),
    modalities: z.array(z.enum(MODALITIES)).describe('What its messages may hold'),
    pricing: z
      .object({
        currency: z.literal('USD'),
        unit: z.literal('1M tokens'),
        prompt: usdPerMillion,
        cached_prompt: usdPerMillion,
        completion: usdPerMillion,
      })
      .nullable()
      .describe('null where no price is known: the cost is then null, too'),
    provider: z.string(),
  }),
);
export type ModelResponse = z.infer<typeof modelResponse>;

/** All models at once: there are no pages. */
export const modelList = z.lazy(() => z.object({ object: z.literal('list'), data: z.array(modelResponse) }));
