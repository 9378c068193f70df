// The account with tight limits and the one with a small budget: they are refused, in the right words, and never get more.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from '../../src/contract/accounts.ts';
import { type BatchWorld, batch } from './batch-jobs.ts';
import { busiestMinute } from './busiest-minute.ts';
import { chat } from './chat-jobs.ts';
import { byWeight, type Random } from './choices.ts';
import { smallFile } from './file-jobs.ts';
import { same } from './findings.ts';
import { errorOf, type LoadClient } from './load-client.ts';

const MIB = 1024 ** 2;

export const TIGHT_LIMITS: Limits = {
  requests_per_minute: 300,
  tokens_per_minute: 20_000,
  concurrent_batches: 1,
  storage_bytes: 4 * MIB,
};

/** Some hundred chats. */
export const POOR_LIMITS: Limits = { monthly_budget: 0.005 };

/** An account without money goes on asking, but not as fast as it can. */
const SPENT_WAIT_MS = 500;

/** Within its limits it is served, and told to wait beyond them: the client waits, as every other does. */
export async function tightWork(client: LoadClient, random: Random, world: BatchWorld): Promise<void> {
  const work = byWeight(random, [
    { weight: 8, value: chat },
    { weight: 2, value: smallFile },
    { weight: 1, value: tooLargeFile },
    { weight: 1, value: batch },
  ]);
  await work(client, random, world);
}

/** More than it may store is refused, and takes nothing of what it may. */
async function tooLargeFile(client: LoadClient): Promise<void> {
  const body = new FormData();
  body.set('purpose', 'user_data');
  body.set('file', new File(['x'.repeat(5 * MIB)], 'large.txt', { type: 'text/plain' }));
  const answer = await client.send('file beyond the limit', 'POST', '/api/v1/files', { body, expect: 413 });
  same('file beyond the limit: another error', errorOf(answer).type, 'file_too_large', answer.requestId);
}

/** Chats until the budget is spent, and then is told so, with a wait until the next month. */
export async function poorWork(client: LoadClient, random: Random): Promise<void> {
  const budgetNano = (POOR_LIMITS.monthly_budget ?? 0) * 1e9;
  same('budget: overspent', client.spent.nano > budgetNano, false, client.name);
  const json = {
    model: 'sandbox',
    messages: [{ role: 'user', content: `say\n@sandbox tokens=${1 + Math.floor(random() * 300)}` }],
  };
  const answer = await client.send('chat, small budget', 'POST', '/v1/chat/completions', {
    json,
    expect: [200, 429],
  });
  if (answer.status === 200) {
    const { cost } = answer.json<{
      cost: { prompt_cost: number; completion_cost: number; total_cost: number; currency: 'USD' };
    }>();
    client.pay('chat, small budget', cost, answer.requestId);
    return;
  }
  same('chat, small budget: another error', errorOf(answer).type, 'budget_exceeded', answer.requestId);
  await sleep(SPENT_WAIT_MS);
}

/** @throws Finding where more requests were let in than a minute has room for */
export function checkMinutes(client: LoadClient): void {
  const limit = TIGHT_LIMITS.requests_per_minute ?? 0;
  const most = busiestMinute(client.admitted);
  same('limits: too many requests in a minute', most > limit, false, `${client.name}: ${most} of ${limit}`);
}
