// Where bytes are kept in R2: those of files, and of the parts of uploads.

/** Every file's key starts so. */
export const FILE_KEY_PREFIX = 'files/';

/** Every part's key starts so. */
export const PART_KEY_PREFIX = 'uploads/';

export function fileKey(accountId: string, fileId: string): string {
  return `${fileKeyPrefix(accountId)}${fileId}`;
}

/** The keys of an account's files start so. */
export function fileKeyPrefix(accountId: string): string {
  return `${FILE_KEY_PREFIX}${accountId}/`;
}

/** Whose file a key holds, or null where it is not a file's key. */
export function parseFileKey(key: string): { accountId: string; fileId: string } | null {
  const match = /^files\/([^/]+)\/([^/]+)$/.exec(key);
  return match?.[1] === undefined || match[2] === undefined
    ? null
    : { accountId: match[1], fileId: match[2] };
}

export function partKey(accountId: string, part: { uploadId: string; id: string }): string {
  return `${PART_KEY_PREFIX}${accountId}/${part.uploadId}/${part.id}`;
}

/** Which part a key holds, or null where it is not a part's key. */
export function parsePartKey(key: string): { accountId: string; uploadId: string; partId: string } | null {
  const match = /^uploads\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(key);
  const [, accountId, uploadId, partId] = match ?? [];
  return accountId === undefined || uploadId === undefined || partId === undefined
    ? null
    : { accountId, uploadId, partId };
}
