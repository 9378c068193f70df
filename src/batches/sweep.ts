// The cron's share of batches, a safety net below the alarm of each: alarms that are gone, those of webhooks among them,
// batches past their time, and inputs of none.
import { removeOrphans, visitAccounts } from '../accounts/sweep-pass';
import { BATCH_KEY_PREFIX, parseBatchKey } from './batch-spec';
import { retentionMs } from './retention';

const DAY_MS = 86_400_000;

/** The longest completion window (7 days) and a day for the alarm to do it by itself. */
const GRACE_MS = 8 * DAY_MS;

/** Each costs a call to its Durable Object. An account with more gets its next turn. */
const STALE_PER_ACCOUNT = 100;

/** Each costs a call, and as a rule one in its life: most batches end between two runs. */
const ALARMS_PER_ACCOUNT = 100;

/** One run. Repeating it, or losing half of it, does no harm. */
export async function sweepBatches(env: Env, now: number): Promise<void> {
  const before = now - retentionMs(env) - GRACE_MS;
  await visitAccounts(env, 'batches.accounts', async (accountId) => {
    await catchUpStale(env, accountId, before);
    await restoreAlarms(env, accountId);
  });
  await removeOrphans(env, { name: 'batches.objects', prefix: BATCH_KEY_PREFIX, now }, async (key) => {
    const batchId = parseBatchKey(key);
    return batchId !== null && !(await env.BATCHES.getByName(batchId).holdsData());
  });
}

/** An alarm that failed seven times in a row is gone, and with it all that would have followed. */
async function restoreAlarms(env: Env, accountId: string): Promise<void> {
  const account = env.ACCOUNTS.getByName(accountId);
  const { batches, hasWebhooks } = await account.alarmsToCheck(ALARMS_PER_ACCOUNT);
  if (hasWebhooks) await env.WEBHOOKS.getByName(accountId).ensureAlarm();
  for (const id of batches) {
    if (!(await env.BATCHES.getByName(id).ensureAlarm())) await account.settleBatch(id);
  }
}

async function catchUpStale(env: Env, accountId: string, before: number): Promise<void> {
  const account = env.ACCOUNTS.getByName(accountId);
  for (const { id, inputFileId } of await account.staleBatches(before, STALE_PER_ACCOUNT)) {
    const batch = env.BATCHES.getByName(id);
    // A batch that is gone and could not say so: a crash in the middle of its removal.
    if (await batch.holdsData()) await batch.wake();
    else await account.removeBatch(id, inputFileId);
  }
}
