// Ids and other random text. All of it comes from the platform's CSPRNG.

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Every id prefix a client can see. */
export type IdPrefix =
  | 'acct'
  | 'audit'
  | 'batch'
  | 'dlv'
  | 'evt'
  | 'file'
  | 'key'
  | 'part'
  | 'req'
  | 'upload'
  | 'we';

/** Random base62 characters: 5.95 bits each, without modulo bias. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 248 is the largest multiple of 62 in a byte: what lies above would favour the first characters.
      if (byte < 248 && text.length < length) text += BASE62[byte % 62];
    }
  }
  return text;
}

/** Random lowercase hex digits. */
function randomHex(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(length / 2)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, length);
}

/** A new id: `batch_` + 12 hex digits, for everything else the prefix + 24 base62 characters. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${prefix === 'batch' ? randomHex(12) : randomBase62(24)}`;
}

/** Whether a text can be a file's id. */
export function isFileId(text: string): boolean {
  return /^file_[0-9A-Za-z]{24}$/.test(text);
}

/** Whether a text can be a batch's id: anything else is not found without asking a Durable Object. */
export function isBatchId(text: string): boolean {
  return /^batch_[0-9a-f]{12}$/.test(text);
}
