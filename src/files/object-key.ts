// Where a file's bytes are kept in R2.

/** Every file's key starts so. */
export const FILE_KEY_PREFIX = 'files/';

export function fileKey(accountId: string, fileId: string): string {
  return `${FILE_KEY_PREFIX}${accountId}/${fileId}`;
}

/** Whose file a key holds, or null where it is not a file's key. */
export function parseFileKey(key: string): { accountId: string; fileId: string } | null {
  const match = /^files\/([^/]+)\/([^/]+)$/.exec(key);
  return match?.[1] === undefined || match[2] === undefined
    ? null
    : { accountId: match[1], fileId: match[2] };
}
