// The cron's share of files: what has expired goes, and so do objects that no account knows.
import { removeOrphans, visitAccounts } from '../accounts/sweep-pass';
import { FILE_KEY_PREFIX, parseFileKey } from './object-key';

/** R2 deletes up to 1,000 objects at once. An account with more expired files gets its next turn. */
const EXPIRED_PER_ACCOUNT = 500;

/** One run. Repeating it, or losing half of it, does no harm. */
export async function sweepFiles(env: Env, now: number): Promise<void> {
  await visitAccounts(env, 'files.accounts', (accountId) => removeExpired(env, accountId, now));
  await removeOrphans(env, { name: 'files.objects', prefix: FILE_KEY_PREFIX, now }, async (key) => {
    const owner = parseFileKey(key);
    return (
      owner !== null && (await env.ACCOUNTS.getByName(owner.accountId).getFile(owner.fileId, now)) === null
    );
  });
}

async function removeExpired(env: Env, accountId: string, now: number): Promise<void> {
  const account = env.ACCOUNTS.getByName(accountId);
  const expired = await account.expiredFiles(now, EXPIRED_PER_ACCOUNT);
  if (expired.length === 0) return;
  for (const file of expired) await account.removeFile(file.id);
  await env.BUCKET.delete(expired.map((file) => file.r2Key));
}
