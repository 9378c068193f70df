// Batches on the native surface: made, read, listed, cancelled, tried again, deleted, and their results.
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import type { BatchObject } from '../../batches/batch-object';
import { type BatchSnapshot, batchDocument } from '../../batches/batch-response';
import { dryRun } from '../../batches/dry-run';
import { createBatch, readOrder } from '../../batches/intake';
import { retryBatch } from '../../batches/retry';
import { batchCreateQuery, batchListQuery, type ResultsQuery, resultsQuery } from '../../contract/batches';
import { ApiError } from '../../contract/errors';
import { INLINE_BATCH_LIMIT_BYTES } from '../../contract/limits';
import { listResponse } from '../../contract/lists';
import type { BatchDeliveryAttempt } from '../../contract/webhooks';
import { batchStub, findBatch, listBatches } from '../batch-stub';
import { type AppContext, type AppEnv, makerOf } from '../context';
import { found, knownPage } from '../found';
import { runOnce } from '../idempotency';
import { rangeUnsatisfiable } from '../range-unsatisfiable';
import { tracked } from '../request-log';
import { jsonBody, query } from '../validate';

const JSON_TYPE = { 'Content-Type': 'application/json' };

export const batchRoutes = new Hono<AppEnv>()
  .post(
    '/batches',
    query(batchCreateQuery),
    jsonBody(z.unknown(), INLINE_BATCH_LIMIT_BYTES, inlineTooLarge),
    async (c) => {
      const read = () => readOrder(c.env, c.var.accountId, c.req.valid('json'));
      if (c.req.valid('query').dry_run) return c.json(await dryRun(c.env, makerOf(c), await read()));
      return makeBatch(c, async (id) => createBatch(c.env, makerOf(c), await read(), id));
    },
  )
  .get('/batches', query(batchListQuery), async (c) => {
    const page = await listBatches(c, c.req.valid('query'));
    return jsonList(
      c,
      page.data.map((batch) => batchDocument(batch, null)),
      page.hasMore,
    );
  })
  .get('/batches/:id', (c) => answerBatch(c))
  .delete('/batches/:id', async (c) => {
    const outcome = await batchStub(c).remove(c.var.accountId);
    if (outcome === 'not_found') throw new ApiError('not_found', { missing: 'batch' });
    if (outcome === 'not_ended') throw notEnded();
    return c.json({ id: c.req.param('id'), object: 'batch', deleted: true });
  })
  .post('/batches/:id/cancel', async (c) => {
    found((await batchStub(c).cancel(c.var.accountId)) || null, 'batch');
    return answerBatch(c);
  })
  .post('/batches/:id/retry', (c) =>
    makeBatch(c, async (id) => {
      const source = found(await batchStub(c).retrySource(c.var.accountId), 'batch');
      if (source === 'not_ended') throw notEnded();
      if (source === 'refused') throw new ApiError('invalid_request', { detail: ['input_was_refused'] });
      return retryBatch(c.env, makerOf(c), source, id);
    }),
  )
  .get('/batches/:id/results', query(resultsQuery), async (c) => {
    const list = c.req.valid('query');
    if (wantsLines(c)) return resultLines(c);
    const page = found(await batchStub(c).results(c.var.accountId, list), 'batch');
    const { entries, hasMore } = pageOrThrow(page, list);
    return jsonList(c, entries, hasMore);
  })
  .get('/batches/:id/deliveries', async (c) => {
    const { delivery } = found(await batchStub(c).delivery(c.var.accountId), 'batch');
    const { event_id: webhook_id, attempts } = delivery ?? { event_id: '', attempts: [] };
    const data = attempts.map((attempt): BatchDeliveryAttempt => ({ webhook_id, ...attempt }));
    return c.json(listResponse({ data, hasMore: false }, ({ attempt }) => `${webhook_id}.${attempt}`));
  })
  .post('/batches/:id/deliveries/resend', async (c) => {
    const delivery = found(await batchStub(c).resendWebhook(c.var.accountId), 'batch');
    if (delivery === 'not_ended') throw notEnded();
    if (delivery === 'no_webhook') throw new ApiError('invalid_request', { detail: ['webhook_missing'] });
    return c.json(delivery, 202);
  });

function inlineTooLarge(): ApiError {
  return new ApiError('request_too_large', {
    detail: ['inline_batch_too_large', INLINE_BATCH_LIMIT_BYTES / 1024 ** 2],
  });
}

function notEnded(): ApiError {
  return new ApiError('conflict', { detail: ['batch_not_terminal'] });
}

async function answerBatch(c: AppContext): Promise<Response> {
  return batchBody(c, found(await batchStub(c).get(c.var.accountId), 'batch'), 200);
}

/** A batch and, while it has not ended, when to ask again. */
function batchBody(
  c: AppContext,
  { json, retryAfter }: { json: string; retryAfter: number | null },
  status: 200 | 202,
): Response {
  if (retryAfter !== null) c.header('Retry-After', String(retryAfter));
  return c.body(json, status, JSON_TYPE);
}

/** Makes a batch, once for the request's `Idempotency-Key`, and answers 202. */
function makeBatch(
  c: Context<AppEnv>,
  make: (id: string | undefined) => Promise<BatchSnapshot>,
): Promise<Response> {
  return runOnce(c, {
    makes: 'batch',
    make,
    find: (id) => findBatch(c, id),
    answer: (batch) => {
      const document = batchDocument(batch, null);
      c.header('Location', `/api/v1/batches/${document.id}`);
      return batchBody(c, document, 202);
    },
  });
}

function pageOrThrow(page: Exclude<Awaited<ReturnType<BatchObject['results']>>, null>, list: ResultsQuery) {
  if (page === 'not_final') throw notFinal();
  return knownPage(page === 'after_unknown' ? null : page, list.after);
}

function notFinal(): ApiError {
  return new ApiError('conflict', { detail: ['results_not_final'], param: 'order' });
}

function wantsLines(c: AppContext): boolean {
  return /application\/(jsonl|x-ndjson)/i.test(c.req.header('accept') ?? '');
}

/** All results as JSON Lines, streamed from the batch's Durable Object, whole or the byte range asked for. */
async function resultLines(c: AppContext): Promise<Response> {
  const headers = new Headers({ 'x-quire-account': c.var.accountId });
  const range = c.req.header('range');
  if (range !== undefined) headers.set('range', range);
  const lines = await batchStub(c).fetch(c.req.url, { headers });
  if (lines.status === 404) throw new ApiError('not_found', { missing: 'batch' });
  if (lines.status === 409) throw notFinal();
  if (lines.status === 416)
    return rangeUnsatisfiable(c, Number(lines.headers.get('content-range')?.split('/')[1]));
  const length = lines.headers.get('content-length');
  const body = lines.body && tracked(c, lines.body, length === null ? null : Number(length));
  return new Response(body, lines);
}

/** A list whose entries are JSON texts already: they are joined as they are. */
function jsonList(
  c: AppContext,
  entries: readonly { id: string; json: string }[],
  hasMore: boolean,
): Response {
  const idAt = (index: number) => JSON.stringify(entries.at(index)?.id ?? null);
  const data = entries.map(({ json }) => json).join(',');
  const list = `{"object":"list","data":[${data}],"first_id":${idAt(0)},"last_id":${idAt(-1)},"has_more":${hasMore}}`;
  return c.body(list, 200, JSON_TYPE);
}
