// API keys: `qk_`, the account (24 characters), the secret (32) and a checksum (6), all of it base62. Since a key names
// its account, one call to that account's Durable Object authenticates.
import { randomBase62 } from '../contract/ids';
import { sha256Hex } from '../platform/sha256';
import { DEV_ACCOUNT_ID } from './dev-account';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** What follows `acct_` in an account's id. */
const ACCOUNT_CHARACTERS = 24;

/** 190 bits: beyond guessing, so that a plain hash protects it. */
const SECRET_CHARACTERS = 32;

/** 62^6 is the first power of 62 above 2^32. */
const CHECKSUM_CHARACTERS = 6;

/** Enough to tell an account's keys apart by eye, and far too little to guess one. */
const HINT_CHARACTERS = 4;

const KEY_PATTERN = new RegExp(
  `^(qk_([0-9A-Za-z]{${ACCOUNT_CHARACTERS}})[0-9A-Za-z]{${SECRET_CHARACTERS}})([0-9A-Za-z]{${CHECKSUM_CHARACTERS}})$`,
);

/** The local account's id is not random text; zeros fill its place. */
const DEV_ACCOUNT_PART = DEV_ACCOUNT_ID.padStart(ACCOUNT_CHARACTERS, '0');

/** A new key of an account. Whoever makes it must store nothing but its hash. */
export function makeKey(accountId: string): string {
  const body = `qk_${accountPart(accountId)}${randomBase62(SECRET_CHARACTERS)}`;
  return body + checksum(body);
}

/** Whose key a text is, or null where it is none: wrong form or wrong checksum. Whether it exists is not known yet. */
export function parseKey(text: string): { accountId: string } | null {
  const [, body, account, check] = KEY_PATTERN.exec(text) ?? [];
  if (body === undefined || account === undefined || check !== checksum(body)) return null;
  return { accountId: account === DEV_ACCOUNT_PART ? DEV_ACCOUNT_ID : `acct_${account}` };
}

/** SHA-256 as 64 hex digits: all that is stored of a key. */
export function hashKey(key: string): Promise<string> {
  return sha256Hex(key);
}

/** What lists show of a key: its end, since every key of an account begins alike. */
export function keyHint(key: string): string {
  return `qk_…${key.slice(-HINT_CHARACTERS)}`;
}

function accountPart(accountId: string): string {
  if (accountId === DEV_ACCOUNT_ID) return DEV_ACCOUNT_PART;
  const part = accountId.replace(/^acct_/, '');
  if (part.length !== ACCOUNT_CHARACTERS) throw new Error(`no key can name the account ${accountId}`);
  return part;
}

/** CRC-32 (ISO-HDLC, as in zlib) in base62, most significant digit first. */
function checksum(text: string): string {
  let rest = crc32(new TextEncoder().encode(text));
  let digits = '';
  for (let place = 0; place < CHECKSUM_CHARACTERS; place++) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Bit by bit: a table would pay only for longer texts. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
