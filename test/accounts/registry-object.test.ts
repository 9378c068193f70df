// The list of accounts, and the cron's cursors.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/contract/ids';
import { NOW, walk } from './accounts';

/** A registry of its own for each test. */
const newRegistry = () => env.REGISTRY.getByName(crypto.randomUUID());

describe('the registry', () => {
  it('lists every account once, by the time it was made', async () => {
    const registry = newRegistry();
    const [newest, a, b, oldest] = Array.from({ length: 4 }, () => newId('acct'));
    if (!newest || !a || !b || !oldest) throw new Error('unreachable');
    await registry.add(newest, NOW + 1);
    await registry.add(a, NOW);
    await registry.add(b, NOW);
    await registry.add(oldest, NOW - 1);
    await registry.add(a, NOW + 5);
    const ids = [oldest, a, b, newest];
    expect(await walk((after) => registry.list({ limit: 3, order: 'asc', ...after }))).toEqual(ids);
    expect(await walk((after) => registry.list({ limit: 1, order: 'desc', ...after }))).toEqual(
      ids.toReversed(),
    );
  });

  it('is empty at first, and knows no cursor it does not hold', async () => {
    const registry = newRegistry();
    expect(await registry.list({ limit: 1, order: 'asc' })).toEqual({ data: [], hasMore: false });
    expect(await registry.list({ limit: 1, order: 'asc', after: 'acct_x' })).toBeNull();
  });
});

describe('a cursor', () => {
  it('is what it was last set to, each by its name', async () => {
    const registry = newRegistry();
    expect(await registry.getCursor('a')).toBeNull();
    await registry.setCursor('a', '1');
    await registry.setCursor('a', '2');
    await registry.setCursor('b', '3');
    expect([await registry.getCursor('a'), await registry.getCursor('b')]).toEqual(['2', '3']);
    await registry.setCursor('a', null);
    await registry.setCursor('a', null);
    expect([await registry.getCursor('a'), await registry.getCursor('b')]).toEqual([null, '3']);
  });
});
