// The cron's share of files: what has expired goes, and so do objects that no account knows.
import { removeOrphans, visitAccounts } from '../accounts/sweep-pass';
import { removeFile } from './file-store';
import { FILE_KEY_PREFIX, parseFileKey } from './object-key';

/** Each costs two calls. An account with more expired files gets its next turn. */
const EXPIRED_PER_ACCOUNT = 500;

/** One run. Repeating it, or losing half of it, does no harm. */
export async function sweepFiles(env: Env, now: number): Promise<void> {
  await visitAccounts(env, 'files.accounts', (accountId) => removeExpired(env, accountId, now));
  await removeOrphans(env, { name: 'files.objects', prefix: FILE_KEY_PREFIX, now }, async (key) => {
    const owner = parseFileKey(key);
    if (owner === null) return false;
    return !(await env.ACCOUNTS.getByName(owner.accountId).holdsBytes(owner.fileId));
  });
}

/** What an unfinished batch reads stays until a later run. */
async function removeExpired(env: Env, accountId: string, now: number): Promise<void> {
  const expired = await env.ACCOUNTS.getByName(accountId).expiredFiles(now, EXPIRED_PER_ACCOUNT);
  for (const { id } of expired) await removeFile(env, accountId, id);
}
