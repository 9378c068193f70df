// Batches on the native surface: made inline, read, listed, cancelled, deleted, and their results paged.
import { Hono } from 'hono';
import type { BatchObject } from '../../batches/batch-object';
import type { BatchDocument } from '../../batches/batch-response';
import { createInlineBatch } from '../../batches/intake';
import { batchListQuery, type ResultsQuery, resultsQuery } from '../../contract/batches';
import { ApiError } from '../../contract/errors';
import { isBatchId } from '../../contract/ids';
import { INLINE_BATCH_LIMIT_BYTES } from '../../contract/limits';
import { type AppContext, type AppEnv, originOf } from '../context';
import { found, knownPage } from '../found';
import { query, readJson } from '../validate';

const JSON_TYPE = { 'Content-Type': 'application/json' };

export const batchRoutes = new Hono<AppEnv>()
  .post('/batches', async (c) => {
    const body = await readJson(c.req.raw, INLINE_BATCH_LIMIT_BYTES, inlineTooLarge);
    const { accountId, keyId, locale } = c.var;
    const batch = await createInlineBatch(c.env, { accountId, keyId, locale, origin: originOf(c) }, body);
    c.header('Location', `/api/v1/batches/${batch.id}`);
    return answer(c, batch, 202);
  })
  .get('/batches', query(batchListQuery), async (c) => {
    const list = c.req.valid('query');
    const { accountId } = c.var;
    const page = knownPage(await c.env.ACCOUNTS.getByName(accountId).listBatches(list), list.after);
    const batches = await Promise.all(
      page.data.map(async ({ id, summary }) => {
        if (summary !== null) return { id, json: summary };
        return c.env.BATCHES.getByName(id).get(accountId);
      }),
    );
    const data = batches.filter((batch) => batch !== null);
    return jsonList(c, data, page.hasMore);
  })
  .get('/batches/:id', async (c) => {
    return answer(c, found(await batchObject(c).get(c.var.accountId), 'batch'), 200);
  })
  .delete('/batches/:id', async (c) => {
    const outcome = await batchObject(c).remove(c.var.accountId);
    if (outcome === 'not_found') throw new ApiError('not_found', { missing: 'batch' });
    if (outcome === 'not_ended') throw new ApiError('conflict', { detail: ['batch_not_terminal'] });
    return c.json({ id: c.req.param('id'), object: 'batch', deleted: true });
  })
  .post('/batches/:id/cancel', async (c) => {
    return answer(c, found(await batchObject(c).cancel(c.var.accountId), 'batch'), 200);
  })
  .get('/batches/:id/results', query(resultsQuery), async (c) => {
    const list = c.req.valid('query');
    const page = found(await batchObject(c).results(c.var.accountId, list), 'batch');
    const { entries, hasMore } = pageOrThrow(page, list);
    return jsonList(c, entries, hasMore);
  })
  .get('/batches/:id/deliveries', async (c) => {
    return c.json({ object: 'list', data: found(await batchObject(c).deliveries(c.var.accountId), 'batch') });
  });

/** The batch a path names. An id that cannot be one wakes no Durable Object. */
export function batchObject(c: AppContext): DurableObjectStub<BatchObject> {
  const id = c.req.param('id') ?? '';
  return c.env.BATCHES.getByName(found(isBatchId(id) ? id : null, 'batch'));
}

function inlineTooLarge(): ApiError {
  return new ApiError('request_too_large', {
    detail: ['inline_batch_too_large', INLINE_BATCH_LIMIT_BYTES / 1024 ** 2],
  });
}

function answer(c: AppContext, { json, retryAfter }: BatchDocument, status: 200 | 202): Response {
  if (retryAfter !== null) c.header('Retry-After', String(retryAfter));
  return c.body(json, status, JSON_TYPE);
}

function pageOrThrow(page: Exclude<Awaited<ReturnType<BatchObject['results']>>, null>, query: ResultsQuery) {
  if (page === 'not_final') throw new ApiError('conflict', { detail: ['results_not_final'], param: 'order' });
  return knownPage(page === 'after_unknown' ? null : page, query.after);
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
