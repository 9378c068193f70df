// What the deployment says of itself, to anyone.
import * as z from 'zod';
import { faultResponse, healthResponse } from '../../../contract/health';
import { json, type Operation } from '../operation';

export const serviceOperations = (): Operation[] => [
  {
    method: 'get',
    path: '/healthz',
    id: 'getHealth',
    tag: 'Service',
    summary: 'See whether it can serve',
    description: 'For monitors: whether the settings of the deployment can be read. It calls no one.',
    security: 'none',
    answers: {
      200: {
        description: 'It can serve.',
        content: json(healthResponse, { ok: { summary: 'Fine', value: { status: 'ok' } } }),
      },
      503: { description: 'It cannot.', headers: ['Retry-After'], content: json(faultResponse) },
    },
    errors: [],
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'getOpenapi',
    tag: 'Service',
    summary: 'Get this document',
    description: 'The description of the whole API in OpenAPI 3.1.',
    security: 'none',
    requestHeaders: ['If-None-Match'],
    answers: {
      200: {
        description: 'The document.',
        headers: ['ETag', 'Cache-Control'],
        content: json(z.looseObject({ openapi: z.string() })),
      },
      304: {
        description: 'Unchanged since the `ETag` in `If-None-Match`.',
        headers: ['ETag', 'Cache-Control'],
      },
    },
    errors: [],
  },
];
