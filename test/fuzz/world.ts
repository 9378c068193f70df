// What the fuzzer knows of the server: accounts and keys that it made, and ids that answers named, so that later
// requests meet what earlier ones left.
import { type AccountResponse, type KeyCreated, SCOPES } from '../../src/contract/accounts.ts';
import type { ApiClient } from '../e2e/api-client.ts';
import type { Choice } from './choice.ts';
import type { WireRequest } from './wire-request.ts';

export type IdKind = 'acct' | 'batch' | 'evt' | 'file' | 'key' | 'part' | 'upload' | 'we';

export interface Caller {
  key: string;
  /** Whose objects it may name; the admin's are those it made. */
  account: string;
}

const ID = /^(acct|batch|evt|file|key|part|upload|we)_[0-9A-Za-z]+$/;

/** Enough to meet old objects, few enough that most of them still exist. */
const POOL_SIZE = 30;

const ADMIN = 'admin';

/** No key can be made that has expired already. */
const SHORT_LIFE_MS = 2_000;

export class World {
  readonly main: Caller;
  /** Held to limits that are soon reached. */
  readonly tight: Caller;
  /** Whose ids the others try. */
  readonly other: Caller;
  readonly admin: Caller;
  /** Keys of `main` that may do one thing. */
  readonly scoped: readonly Caller[];
  /** Keys that let no one in. */
  readonly refused: readonly string[];
  readonly #ids = new Map<string, string[]>();
  readonly #partsOf = new Map<string, string[]>();
  readonly #keysOf = new Map<string, string[]>();
  readonly etags: string[] = ['"0"'];
  readonly streamTokens: string[] = [];

  private constructor(callers: Pick<World, 'main' | 'tight' | 'other' | 'admin' | 'scoped' | 'refused'>) {
    this.main = callers.main;
    this.tight = callers.tight;
    this.other = callers.other;
    this.admin = callers.admin;
    this.scoped = callers.scoped;
    this.refused = callers.refused;
  }

  static async make(admin: ApiClient): Promise<World> {
    const account = async (name: string, limits: object = {}) =>
      (await admin.post<AccountResponse>('/api/v1/admin/accounts', { name, limits })).id;
    const keyOf = (id: string, more: object = {}) =>
      admin.post<KeyCreated>(`/api/v1/admin/accounts/${id}/keys`, { name: 'fuzz', ...more });
    const main = await account('main');
    const tight = await account('tight', {
      requests_per_minute: 60,
      tokens_per_minute: 2000,
      monthly_budget: 0.001,
      concurrent_batches: 1,
      storage_bytes: 3000,
    });
    const other = await account('other');
    const suspended = await account('suspended');
    const suspendedKey = await keyOf(suspended);
    await admin.send('PATCH', `/api/v1/admin/accounts/${suspended}`, { status: 'suspended' });
    const revoked = await keyOf(other);
    await admin.send('DELETE', `/api/v1/admin/accounts/${other}/keys/${revoked.id}`);
    const expired = await keyOf(other, { expires_at: new Date(Date.now() + SHORT_LIFE_MS).toISOString() });
    const { key } = await keyOf(main);
    const scoped: Caller[] = [];
    for (const scope of SCOPES)
      scoped.push({ key: (await keyOf(main, { scopes: [scope] })).key, account: main });
    return new World({
      main: { key, account: main },
      tight: { key: (await keyOf(tight)).key, account: tight },
      other: { key: (await keyOf(other)).key, account: other },
      admin: { key: admin.key, account: ADMIN },
      scoped,
      refused: [
        suspendedKey.key,
        revoked.key,
        expired.key,
        `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`,
        'qk_',
        'sk-nonsense',
        'x'.repeat(5000),
        'käse',
      ],
    });
  }

  /** Ids that an account was told of, the newest last. */
  ids(account: string, kind: IdKind | 'input'): readonly string[] {
    return this.#ids.get(`${account} ${kind}`) ?? [];
  }

  partsOf(upload: string): readonly string[] {
    return this.#partsOf.get(upload) ?? [];
  }

  /** Keys of one of the accounts that the admin made. */
  keysOf(account: string): readonly string[] {
    return this.#keysOf.get(account) ?? [];
  }

  /** An upload that has both of its parts, if there is one. */
  fullUpload(account: string, choice: Choice): string | null {
    return choice.pickAny(this.ids(account, 'upload').filter((id) => this.partsOf(id).length >= 2));
  }

  /** Takes the ids of an answer to `account`. Accounts and keys are only those that the fuzzer's requests made. */
  learn(account: string, { method, target }: WireRequest, headers: Headers, body: string | null): void {
    const etag = headers.get('etag');
    if (etag !== null) keep(this.etags, etag);
    if (body === null || body === '' || headers.get('content-type') !== 'application/json') return;
    const answer: unknown = JSON.parse(body);
    const entries = isObject(answer) && Array.isArray(answer.data) ? answer.data : [answer];
    for (const entry of entries) if (isObject(entry)) this.#learnObject(account, method, target, entry);
  }

  /** Drops the ids that a request named from what `account` has: they are gone. */
  forget(account: string, { target }: WireRequest): void {
    const gone = target.split(/[/?]/);
    for (const [name, pool] of this.#ids) {
      if (name.startsWith(`${account} `))
        this.#ids.set(
          name,
          pool.filter((id) => !gone.includes(id)),
        );
    }
  }

  #learnObject(account: string, method: string, path: string, entry: Record<string, unknown>): void {
    const { id, upload_id: upload, stream_url: stream } = entry;
    if (typeof id !== 'string') return;
    const kind = ID.exec(id)?.[1];
    if (kind === undefined) return;
    if (kind === 'acct' || kind === 'key') {
      if (method !== 'POST' || account !== ADMIN) return;
      const owner = /\/accounts\/([^/]+)\/keys/.exec(path)?.[1];
      if (kind === 'key' && owner !== undefined) keep(entryOf(this.#keysOf, owner), id);
    }
    if (kind === 'upload' && entry.status !== 'pending') this.#partsOf.delete(id);
    keep(entryOf(this.#ids, `${account} ${kind}`), id);
    if (kind === 'file' && entry.purpose === 'batch') keep(entryOf(this.#ids, `${account} input`), id);
    if (kind === 'part' && typeof upload === 'string') keep(entryOf(this.#partsOf, upload), id);
    if (typeof stream === 'string') keep(this.streamTokens, new URL(stream).search);
  }
}

function entryOf(pools: Map<string, string[]>, name: string): string[] {
  const pool = pools.get(name) ?? [];
  pools.set(name, pool);
  return pool;
}

function keep(pool: string[], id: string): void {
  if (pool.includes(id)) return;
  pool.push(id);
  if (pool.length > POOL_SIZE) pool.shift();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
