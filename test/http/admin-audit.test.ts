// The audit log of the admin API, and the admin API of a deployment without an admin secret.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../src/contract/accounts';
import type { ListResponse } from '../../src/contract/lists';
import worker from '../../src/index';
import { ADMIN_KEY, admin, errorOf, newAccount, newKey, ORIGIN, send } from './client';

const audit = async (query: string) =>
  (await admin('GET', `/audit?${query}`)).json<ListResponse<AuditEntry>>();

const entriesOf = async (accountId: string) => (await audit(`account=${accountId}&order=asc`)).data;

describe('the audit log', () => {
  it('has every action on an account and its keys, with what changed', async () => {
    const { id } = await newAccount({ name: '개발팀', limits: { monthly_budget: 5, storage_bytes: null } });
    const key = await newKey(id, { name: 'server', expires_at: '2999-01-01T00:00:00Z' });
    const path = `/accounts/${id}`;
    await admin('PATCH', path, { json: { limits: { monthly_budget: 10, requests_per_minute: 60 } } });
    await admin('PATCH', path, { json: { status: 'suspended', name: 'team' } });
    await admin('PATCH', path, { json: { status: 'active' } });
    const headers = { 'x-request-id': 'the-revocation' };
    await admin('DELETE', `${path}/keys/${key.id}`, { headers });

    const entries = await entriesOf(id);
    expect(entries.map(({ action, key_id, changes }) => [action, key_id, changes])).toEqual([
      [
        'account.created',
        null,
        { name: { from: null, to: '개발팀' }, 'limits.monthly_budget': { from: null, to: 5 } },
      ],
      [
        'key.created',
        key.id,
        { name: { from: null, to: 'server' }, expires_at: { from: null, to: '2999-01-01T00:00:00Z' } },
      ],
      [
        'account.updated',
        null,
        {
          'limits.monthly_budget': { from: 5, to: 10 },
          'limits.requests_per_minute': { from: null, to: 60 },
        },
      ],
      [
        'account.suspended',
        null,
        { name: { from: '개발팀', to: 'team' }, status: { from: 'active', to: 'suspended' } },
      ],
      ['account.activated', null, { status: { from: 'suspended', to: 'active' } }],
      ['key.revoked', key.id, { revoked_at: { from: null, to: expect.any(String) } }],
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        id: expect.stringMatching(/^audit_\w{24}$/),
        object: 'audit.entry',
        account_id: id,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        request_id: expect.stringMatching(/\S/),
      });
    }
    expect(entries.at(-1)?.request_id).toBe('the-revocation');
    expect(JSON.stringify(entries)).not.toContain(key.key);
    expect(JSON.stringify(entries)).not.toContain(key.key.slice(-10));
  });

  it('has nothing of what was refused, changed nothing, or found nothing', async () => {
    const account = await newAccount();
    const path = `/accounts/${account.id}`;
    await admin('PATCH', path, { json: { status: 'gone' } });
    await admin('PATCH', path, { json: {} });
    await admin('PATCH', path, { json: { status: 'active', limits: account.limits } });
    await admin('POST', `${path}/keys`, { json: {} });
    await admin('DELETE', `${path}/keys/key_none`);
    await admin('POST', '/accounts/acct_none/keys', { json: { name: 'a' } });
    await send('wrong', 'PATCH', `/api/v1/admin${path}`, { json: { status: 'suspended' } });
    expect((await entriesOf(account.id)).map(({ action }) => action)).toEqual(['account.created']);
    expect(await entriesOf('acct_none')).toEqual([]);
  });

  it('has a revocation once, however often it is asked for', async () => {
    const { id } = await newAccount();
    const key = await newKey(id);
    for (const _ of [1, 2]) {
      expect((await admin('DELETE', `/accounts/${id}/keys/${key.id}`)).status).toBe(200);
    }
    const actions = (await entriesOf(id)).map(({ action }) => action);
    expect(actions).toEqual(['account.created', 'key.created', 'key.revoked']);
  });

  it('is a list: newest first, a page at a time', async () => {
    const { id } = await newAccount();
    for (const name of ['a', 'b', 'c']) await newKey(id, { name });
    const first = await audit(`account=${id}&limit=3`);
    expect(first.data.map(({ changes }) => changes.name?.to)).toEqual(['c', 'b', 'a']);
    expect(first).toMatchObject({ object: 'list', has_more: true, last_id: first.data[2]?.id });
    const second = await audit(`account=${id}&limit=3&after=${first.last_id}`);
    expect(second.data.map(({ action }) => action)).toEqual(['account.created']);
    expect(second.has_more).toBe(false);
    expect((await audit('limit=1')).data[0]?.account_id).toBe(id);
    const unknown = await admin('GET', '/audit?after=audit_none');
    expect([unknown.status, (await errorOf(unknown)).param]).toEqual([400, 'after']);
  });

  it('keeps an entry for 400 days', async () => {
    const { id } = await newAccount();
    const registry = env.REGISTRY.getByName('registry');
    const age = (days: number) =>
      runInDurableObject(registry, (_object, { storage }) => {
        storage.sql.exec(
          'UPDATE audit SET created_at = ? WHERE account_id = ?',
          Date.now() - days * 86_400_000,
          id,
        );
      });
    await age(399);
    await newAccount();
    expect(await entriesOf(id)).toHaveLength(1);
    await age(401);
    await newAccount();
    expect(await entriesOf(id)).toHaveLength(0);
  });

  it('comes before a change: one that cannot be written down is not made', async () => {
    const account = await newAccount();
    const key = await newKey(account.id);
    const registry = env.REGISTRY.getByName('registry');
    const rename = (from: string, to: string) =>
      runInDurableObject(registry, (_object, { storage }) => {
        storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
      });
    await rename('audit', 'audit_away');
    try {
      const path = `/accounts/${account.id}`;
      expect((await admin('PATCH', path, { json: { status: 'suspended' } })).status).toBe(500);
      expect((await admin('DELETE', `${path}/keys/${key.id}`)).status).toBe(500);
      const issued = await admin('POST', `${path}/keys`, { json: { name: 'unwritten' } });
      expect(issued.status).toBe(500);
      expect(await issued.text()).not.toContain('qk_');
    } finally {
      await rename('audit_away', 'audit');
    }
    expect((await send(key.key, 'GET', '/v1/models')).status).toBe(200);
  });
});

describe('without an admin secret', () => {
  it.each([
    ['GET', ''],
    ['GET', '/accounts'],
    ['POST', '/accounts'],
    ['PUT', '/accounts'],
    ['GET', '/accounts/acct_1/keys'],
    ['GET', '/audit'],
    ['GET', '/nope'],
  ])('there is no admin API: %s %s', async (method, path) => {
    for (const secret of [undefined, '']) {
      const { ADMIN_KEY: _, ...bindings } = env;
      const deployment = secret === undefined ? bindings : { ...bindings, ADMIN_KEY: secret };
      for (const authorization of [undefined, 'Bearer', `Bearer ${ADMIN_KEY}`, 'Bearer undefined']) {
        const request = new Request(`${ORIGIN}/api/v1/admin${path}`, {
          method,
          headers: authorization === undefined ? {} : { authorization },
        });
        const context = { waitUntil: () => undefined, passThroughOnException: () => undefined };
        const response = await worker.fetch(
          request,
          deployment as Env,
          context as unknown as ExecutionContext,
        );
        expect(response.status).toBe(404);
        expect(await errorOf(response)).toMatchObject({ type: 'not_found', param: null });
      }
    }
  });
});
