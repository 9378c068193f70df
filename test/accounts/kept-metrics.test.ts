// Metrics of many accounts are larger than a row may be.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { KeptMetrics } from '../../src/accounts/kept-metrics';
import { NOW } from './accounts';

it('keeps texts of any length as they are, and nothing of a longer one before', async () => {
  await runInDurableObject(env.REGISTRY.getByName(crypto.randomUUID()), (_registry, { storage }) => {
    const kept = new KeptMetrics(storage);
    expect(kept.read(NOW)).toBeNull();
    const lines = (count: number) => 'quire_files{account="😀"} 1\n'.repeat(count);
    for (const text of [lines(100_000), lines(1), lines(60_000)]) {
      kept.keep(text, NOW);
      expect(kept.read(NOW + 1) === text).toBe(true);
    }
    expect(kept.read(NOW + 55_000)).toBeNull();
  });
});
