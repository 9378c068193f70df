// GET /models: the catalogue in OpenAI's shape, with what this platform adds.
import { Hono } from 'hono';
import { unknownModel } from '../../completions/prepare';
import type { ModelResponse } from '../../contract/models';
import { type CatalogueModel, findModel, listModels } from '../../models/catalogue';
import type { AppEnv } from '../context';

export const modelRoutes = new Hono<AppEnv>()
  .get('/models', (c) => c.json({ object: 'list', data: listModels().map(modelWire) }))
  .get('/models/:id{.+}', (c) => {
    const id = c.req.param('id');
    const model = findModel(id);
    if (model === null) throw unknownModel(id);
    return c.json(modelWire(model));
  });

/** Prices in USD per million tokens, the unit people compare. */
function modelWire(model: CatalogueModel): ModelResponse {
  const perMillion = (nanoPerToken: number) => nanoPerToken / 1000;
  return {
    id: model.id,
    object: 'model',
    created: model.createdSeconds,
    owned_by: model.provider,
    context_window: model.contextWindow,
    modalities: [...model.modalities],
    pricing: model.prices && {
      currency: 'USD',
      unit: '1M tokens',
      prompt: perMillion(model.prices.prompt),
      cached_prompt: perMillion(model.prices.cachedPrompt),
      completion: perMillion(model.prices.completion),
    },
    provider: model.provider,
  };
}
