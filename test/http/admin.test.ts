// The admin API: accounts and their keys, from making to revoking.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccountObject } from '../../src/accounts/account-object';
import {
  type AccountResponse,
  type KeyCreated,
  type KeyResponse,
  NO_KEY_LIMITS,
  NO_LIMITS,
} from '../../src/contract/accounts';
import type { ListResponse } from '../../src/contract/lists';
import { passTime, restore } from '../batches/rig';
import { admin, errorOf, newAccount, newKey, send } from './client';

afterEach(restore);

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const json = async <T>(method: string, path: string, body?: object): Promise<T> =>
  (await admin(method, path, body === undefined ? {} : { json: body })).json();

describe('an account', () => {
  it('is made with its limits, and one left out is none', async () => {
    const response = await admin('POST', '/accounts', {
      json: {
        name: '개발팀',
        limits: { requests_per_minute: 60, monthly_budget: 12.5, storage_bytes: null },
      },
    });
    expect(response.status).toBe(201);
    const account = await response.json<AccountResponse>();
    expect(account).toEqual({
      id: expect.stringMatching(/^acct_[0-9A-Za-z]{24}$/),
      name: '개발팀',
      limits: { ...NO_LIMITS, requests_per_minute: 60, monthly_budget: 12.5 },
      used: { spent: 0, reserved: 0, storage_bytes: 0, concurrent_batches: 0 },
      status: 'active',
      created_at: expect.stringMatching(TIME),
    });
    expect(await json('GET', `/accounts/${account.id}`)).toEqual(account);
  });

  it('without limits has none', async () => {
    expect((await newAccount({ name: 'free' })).limits).toEqual(NO_LIMITS);
  });

  it('changes one limit at a time, and its status', async () => {
    const account = await newAccount({ name: 'a', limits: { requests_per_minute: 60, monthly_budget: 5 } });
    const path = `/accounts/${account.id}`;
    const raised = { ...account, limits: { ...account.limits, monthly_budget: 10 } };
    expect(await json('PATCH', path, { limits: { monthly_budget: 10 } })).toEqual(raised);
    const lifted = { ...raised, limits: { ...raised.limits, requests_per_minute: null } };
    expect(await json('PATCH', path, { limits: { requests_per_minute: null } })).toEqual(lifted);
    expect(await json('PATCH', path, {})).toEqual(lifted);
    expect(await json('PATCH', path, { status: 'suspended' })).toEqual({ ...lifted, status: 'suspended' });
    expect(await json('GET', path)).toEqual({ ...lifted, status: 'suspended' });
  });

  it('that is suspended is let in again once it is active', async () => {
    const { id } = await newAccount();
    const { key } = await newKey(id);
    const status = async () => (await send(key, 'GET', '/v1/models')).status;
    await admin('PATCH', `/accounts/${id}`, { json: { status: 'suspended' } });
    expect(await status()).toBe(403);
    await admin('PATCH', `/accounts/${id}`, { json: { status: 'active' } });
    expect(await status()).toBe(200);
  });

  it.each<[param: string, body: object]>([
    ['name', {}],
    ['name', { name: '' }],
    ['name', { name: 7 }],
    ['name', { name: 'x'.repeat(201) }],
    ['limits', { name: 'a', limits: [] }],
    ['limits.requests_per_minute', { name: 'a', limits: { requests_per_minute: -1 } }],
    ['limits.tokens_per_minute', { name: 'a', limits: { tokens_per_minute: 1.5 } }],
    ['limits.monthly_budget', { name: 'a', limits: { monthly_budget: '10' } }],
    ['limits.storage_bytes', { name: 'a', limits: { storage_bytes: 1e300 } }],
    ['limits.gold', { name: 'a', limits: { gold: 1 } }],
    ['status', { name: 'a', status: 'active' }],
  ])('is refused at %s: %j', async (param, body) => {
    const response = await admin('POST', '/accounts', { json: body });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request', param });
  });

  it.each<[param: string, body: object]>([
    ['status', { status: 'deleted' }],
    ['limits.monthly_budget', { limits: { monthly_budget: -1 } }],
    ['id', { id: 'acct_other' }],
  ])('is not changed at %s: %j', async (param, body) => {
    const account = await newAccount();
    const response = await admin('PATCH', `/accounts/${account.id}`, { json: body });
    expect([response.status, (await errorOf(response)).param]).toEqual([400, param]);
    expect(await json('GET', `/accounts/${account.id}`)).toEqual(account);
  });

  it.each<[method: string, path: string, body?: object]>([
    ['GET', ''],
    ['PATCH', '', { status: 'active' }],
    ['POST', '/keys', { name: 'a' }],
    ['GET', '/keys'],
    ['GET', '/keys?after=key_none'],
    ['GET', '/usage'],
  ])('that nobody made is a 404: %s …%s', async (method, path, body) => {
    for (const id of ['acct_000000000000000000000000', 'nobody', '..%2Fregistry', '%EA%B0%80']) {
      const response = await admin(method, `/accounts/${id}${path}`, {
        ...(body !== undefined && { json: body }),
        headers: { 'accept-language': 'ko' },
      });
      expect(response.status).toBe(404);
      expect((await errorOf(response)).message).toBe('계정을 찾을 수 없습니다');
    }
  });

  it('is asked once for its keys, for a new one and for its usage, there or not', async () => {
    const calls = (['describe', 'createKey', 'listKeys', 'usage'] as const).map((name) =>
      vi.spyOn(AccountObject.prototype, name),
    );
    const { id } = await newAccount();
    for (const account of [id, 'acct_000000000000000000000000']) {
      for (const [method, path, body] of [
        ['POST', '/keys', { name: 'a' }],
        ['GET', '/keys'],
        ['GET', '/usage'],
      ] as const) {
        for (const call of calls) call.mockClear();
        await admin(method, `/accounts/${account}${path}`, body && { json: body });
        expect(calls.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBe(1);
      }
    }
    vi.restoreAllMocks();
  });

  it('is listed, newest first or oldest first, a page at a time', async () => {
    const made: string[] = [];
    for (let n = 0; n < 3; n++) made.push((await newAccount({ name: `list ${n}` })).id);
    const list = (query: string) => json<ListResponse<AccountResponse>>('GET', `/accounts?${query}`);
    const newest = await list('limit=2');
    expect(newest.data.map((account) => account.id)).toEqual([made[2], made[1]]);
    expect(newest).toMatchObject({ object: 'list', first_id: made[2], last_id: made[1], has_more: true });
    expect((await list(`limit=1&after=${made[1]}`)).data.map((account) => account.id)).toEqual([made[0]]);
    const oldest = await list(`order=asc&after=${made[0]}`);
    expect(oldest.data.map((account) => account.id)).toEqual([made[1], made[2]]);
    expect(oldest.has_more).toBe(false);
    const unknown = await admin('GET', '/accounts?after=acct_unknown');
    expect([unknown.status, (await errorOf(unknown)).param]).toEqual([400, 'after']);
  });
});

describe('a key', () => {
  it('is shown once, and lets its account in from then on', async () => {
    const account = await newAccount();
    const response = await admin('POST', `/accounts/${account.id}/keys`, { json: { name: '서버' } });
    expect(response.status).toBe(201);
    const created = await response.json<KeyCreated>();
    expect(created).toEqual({
      id: expect.stringMatching(/^key_[0-9A-Za-z]{24}$/),
      key: expect.stringMatching(/^qk_[0-9A-Za-z]{36,}$/),
      name: '서버',
      hint: expect.stringMatching(/^qk_….{4}$/),
      scopes: null,
      limits: NO_KEY_LIMITS,
      created_at: expect.stringMatching(TIME),
      expires_at: null,
      revoked_at: null,
      last_used_at: null,
    });
    expect(created.key.endsWith(created.hint.slice(-4))).toBe(true);
    expect((await send(created.key, 'GET', '/v1/models')).status).toBe(200);

    const { key: _, ...shown } = created;
    const list = await admin('GET', `/accounts/${account.id}/keys`);
    const text = await list.text();
    expect(text).not.toContain(created.key);
    expect(JSON.parse(text)).toMatchObject({
      object: 'list',
      data: [{ ...shown, last_used_at: expect.stringMatching(TIME) }],
      has_more: false,
    });
  });

  it('is another one each time', async () => {
    const { id } = await newAccount();
    const keys = await Promise.all(Array.from({ length: 5 }, () => newKey(id)));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(5);
    expect(new Set(keys.map((key) => key.id)).size).toBe(5);
  });

  it('expires when it is told to', async () => {
    const { id } = await newAccount();
    const later = await newKey(id, { name: 'later', expires_at: '2999-01-01T09:00:00+09:00' });
    expect(later.expires_at).toBe('2999-01-01T00:00:00.000Z');
    expect((await send(later.key, 'GET', '/v1/models')).status).toBe(200);
    const soon = await newKey(id, { name: 'soon', expires_at: new Date(Date.now() + 60_000).toISOString() });
    expect((await send(soon.key, 'GET', '/v1/models')).status).toBe(200);
    passTime(60_000);
    expect((await send(soon.key, 'GET', '/v1/models')).status).toBe(401);
  });

  it('that is revoked is out at once, stays listed, and leaves the others alone', async () => {
    const { id } = await newAccount();
    const [gone, stays] = [await newKey(id), await newKey(id)];
    expect((await send(gone.key, 'GET', '/v1/models')).status).toBe(200);
    const response = await admin('DELETE', `/accounts/${id}/keys/${gone.id}`);
    expect([response.status, await response.json()]).toEqual([
      200,
      { id: gone.id, object: 'key', deleted: true },
    ]);
    expect((await send(gone.key, 'GET', '/v1/models')).status).toBe(401);
    expect((await send(stays.key, 'GET', '/v1/models')).status).toBe(200);

    const revokedAt = async () => {
      const { data } = await json<ListResponse<KeyResponse>>('GET', `/accounts/${id}/keys?order=asc`);
      return data.map((key) => key.revoked_at);
    };
    const [first, second] = await revokedAt();
    expect([first, second]).toEqual([expect.stringMatching(TIME), null]);
    expect((await admin('DELETE', `/accounts/${id}/keys/${gone.id}`)).status).toBe(200);
    expect(await revokedAt()).toEqual([first, null]);
  });

  it('of another account cannot be revoked through this one', async () => {
    const [mine, other] = [await newAccount(), await newAccount()];
    const { id, key } = await newKey(other.id);
    for (const account of [mine.id, 'acct_000000000000000000000000']) {
      const response = await admin('DELETE', `/accounts/${account}/keys/${id}`, {
        headers: { 'accept-language': 'ko' },
      });
      expect(response.status).toBe(404);
      expect((await errorOf(response)).message).toBe('키를 찾을 수 없습니다');
    }
    expect((await send(key, 'GET', '/v1/models')).status).toBe(200);
  });

  it.each<[param: string, body: object]>([
    ['name', {}],
    ['name', { name: '' }],
    ['expires_at', { name: 'a', expires_at: 'tomorrow' }],
    ['expires_at', { name: 'a', expires_at: '2999-01-01' }],
    ['expires_at', { name: 'a', expires_at: 32503680000 }],
    ['expires_at', { name: 'a', expires_at: '2020-01-01T00:00:00Z' }],
    ['expires_at', { name: 'a', expires_at: new Date().toISOString() }],
    ['admin', { name: 'a', admin: true }],
  ])('is refused at %s: %j', async (param, body) => {
    const { id } = await newAccount();
    const response = await admin('POST', `/accounts/${id}/keys`, { json: body });
    expect([response.status, (await errorOf(response)).param]).toEqual([400, param]);
    expect((await json<ListResponse<KeyResponse>>('GET', `/accounts/${id}/keys`)).data).toEqual([]);
  });
});
