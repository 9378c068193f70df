// Batches on the OpenAI-compatible surface: the same batches in OpenAI's shape.
import { Hono } from 'hono';
import type { BatchSnapshot } from '../../batches/batch-response';
import { createOpenaiBatch } from '../../batches/intake';
import { openaiBatchCreate } from '../../contract/batches';
import { listQuery, listResponse } from '../../contract/lists';
import { batchStub, findBatch, listBatches } from '../batch-stub';
import { type AppContext, type AppEnv, makerOf } from '../context';
import { found } from '../found';
import { runOnce } from '../idempotency';
import { openaiBatch } from '../openai/batch-wire';
import { jsonBody, query } from '../validate';

export const openaiBatchRoutes = new Hono<AppEnv>()
  .post('/batches', jsonBody(openaiBatchCreate), (c) =>
    runOnce(c, {
      makes: 'batch',
      make: (id) => createOpenaiBatch(c.env, makerOf(c), c.req.valid('json'), id),
      find: (id) => findBatch(c, id),
      answer: (batch) => c.json(openaiBatch(batch)),
    }),
  )
  .get('/batches', query(listQuery), async (c) => {
    const page = await listBatches(c, c.req.valid('query'));
    return c.json(listResponse({ ...page, data: page.data.map(openaiBatch) }, (batch) => batch.id));
  })
  .get('/batches/:id', async (c) => c.json(openaiBatch(await snapshotOf(c))))
  .post('/batches/:id/cancel', async (c) => {
    found((await batchStub(c).cancel(c.var.accountId)) || null, 'batch');
    return c.json(openaiBatch(await snapshotOf(c)));
  });

async function snapshotOf(c: AppContext): Promise<BatchSnapshot> {
  return found(await batchStub(c).snapshot(c.var.accountId), 'batch');
}
