// The cron's share of files: what has expired goes, and so do objects that no account knows, and files without an object.
// Multipart uploads into R2 that a crash left open are R2's: it drops them by itself after a week.
import { ORPHAN_AGE_MS, removeOrphans, visitAccounts } from '../accounts/sweep-pass';
import { removeFile } from './file-store';
import {
  FILE_KEY_PREFIX,
  fileKey,
  fileKeyPrefix,
  PART_KEY_PREFIX,
  parseFileKey,
  parsePartKey,
} from './object-key';
import { deleteParts } from './upload-in-parts';

/** Each costs two calls. An account with more expired files gets its next turn. */
const EXPIRED_PER_ACCOUNT = 500;

/** Each can have a thousand parts. */
const UPLOADS_PER_ACCOUNT = 20;

/** Compared with one page of R2's list. */
const CHECKED_PER_ACCOUNT = 1000;

/** One run. Repeating it, or losing half of it, does no harm. */
export async function sweepFiles(env: Env, now: number): Promise<void> {
  await visitAccounts(env, 'files.accounts', async (accountId) => {
    await removeExpired(env, accountId, now);
    await expireUploads(env, accountId, now);
    await removeLost(env, accountId, now);
  });
  await removeOrphans(env, { name: 'files.objects', prefix: FILE_KEY_PREFIX, now }, async (key) => {
    const owner = parseFileKey(key);
    if (owner === null) return false;
    return !(await env.ACCOUNTS.getByName(owner.accountId).holdsBytes(owner.fileId));
  });
  await removeOrphans(env, { name: 'uploads.objects', prefix: PART_KEY_PREFIX, now }, async (key) => {
    const part = parsePartKey(key);
    if (part === null) return false;
    return !(await env.ACCOUNTS.getByName(part.accountId).holdsUploadPart(part.uploadId, part.partId));
  });
}

/** What an unfinished batch reads stays until a later run. */
async function removeExpired(env: Env, accountId: string, now: number): Promise<void> {
  const expired = await env.ACCOUNTS.getByName(accountId).expiredFiles(now, EXPIRED_PER_ACCOUNT);
  for (const { id } of expired) await removeFile(env, accountId, id);
}

async function expireUploads(env: Env, accountId: string, now: number): Promise<void> {
  const parts = await env.ACCOUNTS.getByName(accountId).expireUploads(now, UPLOADS_PER_ACCOUNT);
  await deleteParts(env, accountId, parts);
}

/** Takes files off the list whose object is gone. Nothing of ours removes one: a hand or an accident in the bucket did. */
async function removeLost(env: Env, accountId: string, now: number): Promise<void> {
  const account = env.ACCOUNTS.getByName(accountId);
  const ids = await account.filesToCheck(now - ORPHAN_AGE_MS, CHECKED_PER_ACCOUNT);
  const [first] = ids;
  if (first === undefined) return;
  const listed = await env.BUCKET.list({
    prefix: fileKeyPrefix(accountId),
    limit: CHECKED_PER_ACCOUNT,
    // All that comes before the first file, and so the key just before its own.
    startAfter: fileKey(accountId, first.slice(0, -1)),
  });
  const present = new Set(listed.objects.map(({ key }) => key));
  for (const id of ids) {
    const key = fileKey(accountId, id);
    // Not on the page may also mean behind it: bytes outlive their files. So the object itself is asked for.
    if (present.has(key) || (await env.BUCKET.head(key)) !== null) continue;
    console.error(JSON.stringify({ event: 'file.lost', account_id: accountId, file_id: id }));
    await removeFile(env, accountId, id);
  }
}
