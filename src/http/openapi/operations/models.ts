// The catalogue of models, the same on both surfaces.
import { modelList, modelResponse } from '../../../contract/models';
import { MODEL } from '../examples/chat';
import { json, type Operation, onBothSurfaces } from '../operation';

export const modelOperations = (): Operation[] =>
  onBothSurfaces((prefix) => [
    {
      method: 'get',
      path: `${prefix}/models`,
      id: 'listModels',
      tag: 'Models',
      summary: 'List the models',
      description:
        'Every model that can be used on this deployment, at once. Models whose provider has no key are left out.',
      security: 'account',
      answers: { 200: { description: 'The models.', content: json(modelList) } },
      errors: [],
    },
    {
      method: 'get',
      path: `${prefix}/models/{id}`,
      id: 'getModel',
      tag: 'Models',
      summary: 'Get a model',
      description: 'An id may hold slashes, sent as they are or as `%2F`.',
      security: 'account',
      pathParameters: { id: { description: "The model's id", example: 'sandbox' } },
      answers: {
        200: {
          description: 'The model.',
          content: json(modelResponse, { sandbox: { summary: 'The built-in model', value: MODEL } }),
        },
      },
      errors: ['model_not_found'],
    },
  ]);
