// Webhook endpoints of an account: made, read, changed, removed, tried out; their secrets, their log, and sending again.
import { Hono } from 'hono';
import { ApiError } from '../../contract/errors';
import { WEBHOOK_ENDPOINTS_LIMIT } from '../../contract/limits';
import { listQuery, listResponse } from '../../contract/lists';
import {
  deliveryListQuery,
  deliveryResend,
  endpointCreate,
  endpointUpdate,
  type ResendResponse,
} from '../../contract/webhooks';
import { checkWebhookUrl } from '../../webhooks/check-url';
import type { AppContext, AppEnv } from '../context';
import { found, knownPage } from '../found';
import { jsonBody, query } from '../validate';

export const webhookRoutes = new Hono<AppEnv>()
  .post('/webhooks', jsonBody(endpointCreate), async (c) => {
    const body = c.req.valid('json');
    checkWebhookUrl(c.env, body.url, 'url');
    const endpoint = await webhooks(c).create(c.var.accountId, body);
    if (endpoint === null) {
      throw new ApiError('invalid_request', { detail: ['too_many_webhooks', WEBHOOK_ENDPOINTS_LIMIT] });
    }
    c.header('Location', `/api/v1/webhooks/${endpoint.id}`);
    return c.json(endpoint, 201);
  })
  .get('/webhooks', query(listQuery), async (c) => {
    const list = c.req.valid('query');
    const page = knownPage(await webhooks(c).list(list), list.after);
    return c.json(listResponse(page, ({ id }) => id));
  })
  .get('/webhooks/:id', async (c) => c.json(found(await webhooks(c).get(idOf(c)), 'webhook')))
  .patch('/webhooks/:id', jsonBody(endpointUpdate), async (c) => {
    const body = c.req.valid('json');
    if (body.url !== undefined) checkWebhookUrl(c.env, body.url, 'url');
    return c.json(found(await webhooks(c).update(idOf(c), body), 'webhook'));
  })
  .delete('/webhooks/:id', async (c) => {
    const id = idOf(c);
    found((await webhooks(c).remove(id)) || null, 'webhook');
    return c.json({ id, object: 'webhook_endpoint', deleted: true });
  })
  .post('/webhooks/:id/rotate', async (c) => c.json(found(await webhooks(c).rotate(idOf(c)), 'webhook')))
  .post('/webhooks/:id/test', async (c) => {
    const event = found(await webhooks(c).sendTest(idOf(c)), 'webhook');
    if (event === 'disabled') throw disabled();
    return c.json(event, 202);
  })
  .get('/webhooks/:id/deliveries', query(deliveryListQuery), async (c) => {
    const list = c.req.valid('query');
    const page = found(await webhooks(c).deliveries(idOf(c), list), 'webhook');
    return c.json(
      listResponse(knownPage(page === 'after_unknown' ? null : page, list.after), ({ id }) => id),
    );
  })
  .post('/webhooks/:id/deliveries/resend', jsonBody(deliveryResend), async (c) => {
    const resent = found(await webhooks(c).resend(idOf(c), c.req.valid('json')), 'webhook');
    if (resent === 'disabled') throw disabled();
    if (resent === 'event_unknown') throw new ApiError('not_found', { missing: 'event', param: 'event_id' });
    return c.json({ object: 'webhook_resend', resent } satisfies ResendResponse, 202);
  });

function webhooks(c: AppContext) {
  return c.env.WEBHOOKS.getByName(c.var.accountId);
}

function idOf(c: AppContext): string {
  return c.req.param('id') ?? '';
}

function disabled(): ApiError {
  return new ApiError('conflict', { detail: ['webhook_disabled'] });
}
