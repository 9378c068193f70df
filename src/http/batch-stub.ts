// The batches a request names: the Durable Object of one, and a page of an account's.
import type { BatchObject } from '../batches/batch-object';
import type { BatchSnapshot } from '../batches/batch-response';
import type { BatchStatus } from '../contract/batches';
import { isBatchId } from '../contract/ids';
import type { ListQuery, Page } from '../contract/lists';
import type { AppContext } from './context';
import { filledPage } from './filled-page';
import { found } from './found';

/** The batch a path names. An id that cannot be one wakes no Durable Object. */
export function batchStub(c: AppContext): DurableObjectStub<BatchObject> {
  const id = c.req.param('id') ?? '';
  return c.env.BATCHES.getByName(found(isBatchId(id) ? id : null, 'batch'));
}

/** One of the account's batches, without its results; null where there is none. */
export async function findBatch(c: AppContext, id: string): Promise<BatchSnapshot | null> {
  return c.env.BATCHES.getByName(id).snapshot(c.var.accountId);
}

/** A page of the account's batches, without their results: ended ones from its list, the others from themselves. */
export async function listBatches(
  c: AppContext,
  list: ListQuery & { status?: BatchStatus | undefined },
): Promise<Page<BatchSnapshot>> {
  const { accountId } = c.var;
  return filledPage(
    list,
    async (query) => c.env.ACCOUNTS.getByName(accountId).listBatches({ ...list, ...query }),
    async ({ id, summary }): Promise<BatchSnapshot | null> => {
      return summary === null ? c.env.BATCHES.getByName(id).snapshot(accountId) : JSON.parse(summary);
    },
  );
}
