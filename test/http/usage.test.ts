// The usage report: the sum of what responses reported, to the nano-dollar, over 10,000 random requests.
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AccountLine } from '../../src/accounts/account-line';
import type { Settlement } from '../../src/accounts/exchange';
import type { UsageGroup, UsageResponse, UsageRow } from '../../src/contract/accounts';
import type { BatchResponse } from '../../src/contract/batches';
import { addUsage, type ChatCompletion, type Cost, NO_USAGE, type Usage } from '../../src/contract/chat';
import { newSeed, passTime, randomFrom, restore } from '../batches/rig';
import { eventually } from '../eventually';
import { type Client, clientOf, errorOf, newClient } from './client';

const DAY_MS = 86_400_000;

/** Prices that are no round number of nano-dollars a token, and a model without one. */
const ODD = { prompt: 0.0137, cached_prompt: 0.0029, completion: 0.7713 };
const MODELS = ['sandbox', 'odd', 'free'] as const;

beforeAll(() => {
  const models = [
    { id: 'odd', provider: 'quire', prices: ODD },
    { id: 'free', provider: 'quire' },
  ].map((model) => ({ context_window: 128_000, ...model }));
  Reflect.set(env, 'CATALOGUE', JSON.stringify({ models }));
});

afterEach(restore);

interface Sum {
  requests: number;
  usage: Usage;
  /** Nano-dollars; null while nothing had a price. */
  prompt: number | null;
  completion: number | null;
  batchRequests: number;
  batchNano: number | null;
}

const NOTHING: Sum = {
  requests: 0,
  usage: NO_USAGE,
  prompt: null,
  completion: null,
  batchRequests: 0,
  batchNano: null,
};

/** What responses reported, by day, model and key. */
class Reported {
  readonly #sums = new Map<string, Sum>();

  add(where: Record<UsageGroup, string>, usage: Usage, cost: Cost | null, by: 'request' | 'batch'): void {
    const name = JSON.stringify(where);
    const sum = this.#sums.get(name) ?? NOTHING;
    const plus = (a: number | null, usd: number | undefined) =>
      usd === undefined ? a : (a ?? 0) + Math.round(usd * 1e9);
    const isBatch = by === 'batch';
    this.#sums.set(name, {
      requests: sum.requests + 1,
      usage: addUsage(sum.usage, usage),
      prompt: plus(sum.prompt, cost?.prompt_cost),
      completion: plus(sum.completion, cost?.completion_cost),
      batchRequests: sum.batchRequests + (isBatch ? 1 : 0),
      batchNano: plus(sum.batchNano, isBatch ? cost?.total_cost : undefined),
    });
  }

  /** One sum for each group, as a report's rows. */
  by(group: UsageGroup): Map<string, Sum> {
    const groups = new Map<string, Sum>();
    for (const [name, sum] of this.#sums) {
      const key: string = JSON.parse(name)[group];
      groups.set(key, plusSum(groups.get(key) ?? NOTHING, sum));
    }
    return groups;
  }
}

function plusSum(a: Sum, b: Sum): Sum {
  const plus = (x: number | null, y: number | null) => (x === null ? y : y === null ? x : x + y);
  return {
    requests: a.requests + b.requests,
    usage: addUsage(a.usage, b.usage),
    prompt: plus(a.prompt, b.prompt),
    completion: plus(a.completion, b.completion),
    batchRequests: a.batchRequests + b.batchRequests,
    batchNano: plus(a.batchNano, b.batchNano),
  };
}

function sumOf(row: UsageRow): Sum {
  const nano = (usd: number | undefined) => (usd === undefined ? null : Math.round(usd * 1e9));
  return {
    requests: row.requests,
    usage: row.usage,
    prompt: nano(row.cost?.prompt_cost),
    completion: nano(row.cost?.completion_cost),
    batchRequests: row.batch.requests,
    batchNano: row.batch.requests === 0 ? null : nano(row.batch.cost?.total_cost),
  };
}

async function report(client: Client, group: UsageGroup): Promise<UsageResponse> {
  return client.json('GET', `/api/v1/usage?group_by=${group}`);
}

const today = () => new Date(Date.now()).toISOString().slice(0, 10);

const FORMAT = {
  type: 'json_schema',
  json_schema: { name: 'x', schema: { type: 'object', properties: { a: { type: 'integer' } } } },
};

describe('10,000 random requests', () => {
  it('are reported as they were answered', { timeout: 600_000 }, async () => {
    const random = randomFrom(newSeed('usage'));
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const owner = await newClient();
    const clients = [owner, await clientOf(owner.accountId), await clientOf(owner.accountId)];
    // Clients that leave are told nothing: what they are charged is what was settled.
    const leaving = await clientOf(owner.accountId);
    const reported = new Reported();
    const settle = AccountLine.prototype.settle;
    vi.spyOn(AccountLine.prototype, 'settle').mockImplementation(function (
      this: AccountLine,
      caller,
      settled,
    ) {
      if (settled.keyId === leaving.keyId) addSettled(reported, settled);
      settle.call(this, caller, settled);
    });

    const content = () => {
      const fault = pick(['', '', '', '\n@sandbox error=model_overloaded', '\n@sandbox fail=1']);
      return `${'word '.repeat(Math.floor(random() * 40))}${fault}\n@sandbox tokens=${Math.floor(random() * 60)}`;
    };
    const body = () => ({
      model: pick(MODELS),
      messages: [{ role: 'user', content: content() }],
      ...(random() < 0.2 && { n: 2 }),
      ...(random() < 0.2 && { response_format: FORMAT }),
      ...(random() < 0.3 && { max_tokens: 1 + Math.floor(random() * 80) }),
    });
    const outcomes = { answered: 0, failed: 0, streamed: 0, left: 0, items: 0 };

    const one = async () => {
      const client = pick(clients);
      const json = body();
      const where = () => ({ day: today(), model: json.model, key: client.keyId });
      const headers = { 'x-stainless-retry-count': pick(['0', '1']) };
      const kind = random();
      if (kind < 0.6) {
        const answer = await client.send('POST', '/v1/chat/completions', { json, headers });
        if (answer.status !== 200) {
          outcomes.failed += 1;
          await answer.body?.cancel();
          return;
        }
        const { usage, cost } = await answer.json<ChatCompletion>();
        reported.add(where(), usage, cost, 'request');
        outcomes.answered += 1;
        return;
      }
      // One that fails on its format at its end is charged and not reported: see docs/decisions/0015.
      const plain = { ...json, n: 1, response_format: undefined };
      const stream = { ...plain, stream: true, stream_options: { include_usage: true } };
      const by = kind < 0.85 ? client : leaving;
      const answer = await by.send('POST', '/api/v1/chat/completions', { json: stream, headers });
      if (answer.status !== 200) {
        outcomes.failed += 1;
        await answer.body?.cancel();
      } else if (by === leaving) {
        const reader = answer.body?.getReader();
        for (let chunk = Math.floor(random() * 4); chunk > 0; chunk--) await reader?.read();
        await reader?.cancel();
        outcomes.left += 1;
      } else {
        const last = (await answer.text())
          .split('\n\n')
          .filter((event) => event.includes('"cost"'))
          .at(-1);
        const { usage, cost } = JSON.parse(last?.slice('data: '.length) ?? '');
        reported.add(where(), usage, cost, 'request');
        outcomes.streamed += 1;
      }
    };

    const batch = async () => {
      const client = pick(clients);
      const json = {
        inputs: Array.from({ length: 50 }, (_, n) => ({
          custom_id: String(n),
          method: 'POST',
          url: '/v1/chat/completions',
          body: body(),
        })),
      };
      const day = today();
      const { id } = await client.json<BatchResponse>('POST', '/api/v1/batches', { json });
      const ended = await eventually(async () => {
        // Alarms keep to the real time.
        await env.BATCHES.getByName(id).wake();
        const current = await client.json<BatchResponse>('GET', `/api/v1/batches/${id}`);
        expect(current.status).toBe('completed');
        return current;
      }, 500);
      for (const { body: answer } of ended.results ?? []) {
        outcomes.items += 1;
        if (answer === null) continue;
        reported.add({ day, model: answer.model, key: client.keyId }, answer.usage, answer.cost, 'batch');
      }
    };

    // Two days, and nothing runs from one into the other.
    for (let half = 0; half < 2; half++) {
      if (half === 1) passTime(DAY_MS);
      const batches = Promise.all(Array.from({ length: 20 }, batch));
      for (let done = 0; done < 4_000; done += 100) await Promise.all(Array.from({ length: 100 }, one));
      await batches;
    }
    console.log('usage:', JSON.stringify(outcomes));
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(500);

    await eventually(async () => {
      for (const group of ['day', 'model', 'key'] as const) {
        const { data } = await report(owner, group);
        const rows = new Map(data.map((row) => [row[group] ?? '', sumOf(row)]));
        expect(rows).toEqual(new Map([...reported.by(group)].sort(([a], [b]) => (a < b ? -1 : 1))));
      }
    });
    const { total } = await report(owner, 'day');
    const all = [...reported.by('day').values()].reduce(plusSum);
    expect(sumOf(total)).toEqual(all);
    // What batches saved: as much again as they cost.
    expect(Math.round((total.batch.discount ?? 0) * 1e9)).toBe(all.batchNano);
  });
});

function addSettled(reported: Reported, { keyId, spend }: Settlement): void {
  if (spend === null) return;
  const { day, model, usage, costNano } = spend;
  const cost = costNano && {
    prompt_cost: costNano.prompt / 1e9,
    completion_cost: costNano.completion / 1e9,
    total_cost: (costNano.prompt + costNano.completion) / 1e9,
    currency: 'USD' as const,
  };
  reported.add({ day, model, key: keyId }, usage, cost, 'request');
}

describe('as a table', () => {
  const CSV = { headers: { accept: 'text/csv' } };

  it('usage has the same rows as in JSON', async () => {
    const client = await newClient();
    for (const model of MODELS) {
      const json = { model, messages: [{ role: 'user', content: 'hi' }] };
      expect((await client.send('POST', '/v1/chat/completions', { json })).status).toBe(200);
    }
    const answer = await client.send('GET', '/api/v1/usage?group_by=model', CSV);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [header, ...lines] = (await answer.text()).trimEnd().split('\r\n');
    expect(header).toBe(
      'model,requests,prompt_tokens,completion_tokens,total_tokens,cached_tokens,image_tokens,audio_tokens,reasoning_tokens,prompt_cost_usd,completion_cost_usd,total_cost_usd,batch_requests,batch_cost_usd,batch_discount_usd',
    );
    const { data } = await report(client, 'model');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['free', 'odd', 'sandbox']);
    for (const [index, row] of data.entries()) {
      const cells = lines[index]?.split(',') ?? [];
      expect(cells.slice(0, 5)).toEqual([
        row.model,
        String(row.requests),
        String(row.usage.prompt_tokens),
        String(row.usage.completion_tokens),
        String(row.usage.total_tokens),
      ]);
      // To the nano-dollar, without an exponent; empty where there is no price.
      expect(cells[11]).toBe(row.cost === null ? '' : row.cost.total_cost.toFixed(9));
    }
  });

  it('usage of nothing is the header alone, and a bad question is answered as always', async () => {
    const client = await newClient();
    const answer = await client.send('GET', '/api/v1/usage', CSV);
    expect(await answer.text()).toMatch(/^day,requests,[^\r\n]*\r\n$/);
    expect((await client.send('GET', '/api/v1/usage?group_by=moon', CSV)).status).toBe(400);
  });
});

it('from a day after the last one is refused, as JSON and as a table', async () => {
  const client = await newClient();
  for (const accept of ['application/json', 'text/csv']) {
    const usage = (query: string) => client.send('GET', `/api/v1/usage?${query}`, { headers: { accept } });
    const refused = await usage('from=2026-02-02&to=2026-02-01');
    expect([refused.status, (await errorOf(refused)).param]).toEqual([400, 'from']);
    for (const query of ['from=2026-02-01&to=2026-02-01', 'from=2026-02-02', 'to=2026-02-01']) {
      expect((await usage(query)).status).toBe(200);
    }
  }
});
