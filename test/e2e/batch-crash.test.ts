// `kill -9` of everything, twenty times, at random moments of one batch's life: while its file is planned, while it
// runs, while it ends, and while the server is still starting. What comes out is what would have come out without.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import type { FileResponse } from '../../src/contract/files.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import { type Account, newAccount } from './api-client.ts';
import {
  createBatch,
  downloadResults,
  getBatch,
  parseLines,
  pollUntilEnded,
  type Watch,
  watchBatch,
} from './batch-client.ts';
import { inputLines, type Question, uploadInput } from './input-file.ts';
import { nanoDollars } from './money.ts';
import { randomFrom } from './random.ts';
import { Server } from './server.ts';
import { type ReceivedWebhook, WebhookReceiver } from './webhook-receiver.ts';

const ITEMS = 5000;
const KILLS = 20;

/** A run is repeated with `QUIRE_CRASH_SEED=… npm test`. */
const SEED = Number(process.env.QUIRE_CRASH_SEED ?? Date.now() % 2 ** 32);

const random = randomFrom(SEED);

/** Recoveries wait for 15 s after the start, in which consumers could be heard: three minutes in all, or twice that on a busy machine. */
const JOB_LIMIT_MS = 660_000;

/** When a round of kills begins, and how much later the first of them comes. */
interface Round {
  /** Null where nothing is asked before: the server has no time to answer while it plans. */
  isReached: ((batch: BatchResponse) => boolean) | null;
  killAfterMs: readonly [from: number, to: number];
}

const ROUNDS: readonly Round[] = [
  // The file is being planned.
  { isReached: null, killAfterMs: [0, 1500] },
  between(0, 0.1),
  between(0.2, 0.3),
  between(0.35, 0.45),
  between(0.5, 0.6),
  between(0.65, 0.75),
  // All but the last item have their outcome. That one takes longer than a first commit waits: it ends, and with it the
  // batch, two seconds later or so. Then the output files are written.
  { isReached: ({ completed, failed }) => completed + failed >= ITEMS - 1, killAfterMs: [1500, 2500] },
];

/** The batch has come so far, as a share of its items. */
function between(from: number, to: number): Round {
  const start = ITEMS * (from + random() * (to - from));
  return { isReached: ({ completed, failed }) => completed + failed >= start, killAfterMs: [0, 1000] };
}

/** The others come so soon after the server was started again: it needs some two seconds to answer. */
const NEXT_KILL_WITHIN_MS = 3500;

const LOOK_INTERVAL_MS = 10;

/** Every fifth takes its time, some fail once and some always: the rest is answered at once, and at some length. */
function contentOf(index: number): string {
  if (isFailing(index)) return `Item ${index}\n@sandbox error=content_policy_violation`;
  if (index % 60 === 2) return `Item ${index}\n@sandbox fail=1`;
  const latency = index === ITEMS - 1 ? 3000 : index % 5 === 0 ? 100 : 0;
  return `Item ${index}\n@sandbox tokens=1000 latency=${latency}ms`;
}

/** White space that JSON ignores: planning the file takes more than a second, in which the server can be met. */
const PADDING = ' '.repeat(10_000);

function isFailing(index: number): boolean {
  return index % 97 === 13;
}

const QUESTIONS = Array.from({ length: ITEMS }, (_, index): Question => [`item-${index}`, contentOf(index)]);
const CUSTOM_IDS = QUESTIONS.map(([customId]) => customId);
const FAILING = CUSTOM_IDS.filter((_, index) => isFailing(index));

let server: Server;
let receiver: WebhookReceiver;
let account: Account;
const killedAt: number[] = [];
let progressAtRounds: Pick<BatchResponse, 'status' | 'completed' | 'failed'>[];
let ended: BatchResponse;
let results: BatchResult[];
let webhooks: ReceivedWebhook[];
/** Is connected all the time, and comes back by itself after every death. */
let live: Watch;

beforeAll(async () => {
  console.info(`batch-crash: QUIRE_CRASH_SEED=${SEED}`);
  server = await Server.start();
  receiver = await WebhookReceiver.start();
  account = await newAccount(server.origin, server.adminKey, 'crash');
  const file = await uploadInput(account.api, inputLines(QUESTIONS).replaceAll('\n', `${PADDING}\n`));
  const created = await createBatch(account.api, {
    input_file_id: file.id,
    webhook_url: receiver.url('/crash'),
    webhook_secret: 'a secret that outlives every crash',
  });
  live = watchBatch(created.stream_url, { includeResults: true });
  progressAtRounds = [];
  const kills = killsOfRounds();
  for (const [round, { isReached, killAfterMs }] of ROUNDS.entries()) {
    if (isReached !== null) progressAtRounds.push(await until(created.id, isReached));
    await killWithin(killAfterMs);
    for (let kill = 1; kill < (kills[round] ?? 0); kill++) {
      await server.launch();
      await killWithin([0, NEXT_KILL_WITHIN_MS]);
    }
    await server.restart();
  }
  await pollUntilEnded(account.api, created.id);
  await live.done;
  webhooks = await receiver.waitFor('/crash');
  ended = await getBatch(account.api, created.id);
  results = parseLines(await (await downloadResults(account.api, created.id)).text());
  const openai = await account.api.get<{ finalizing_at: number }>(`/v1/batches/${created.id}`);
  console.info(`batch-crash: ${phasesOfKills(openai.finalizing_at * 1000)}`);
}, JOB_LIMIT_MS);

afterAll(async () => {
  live?.close();
  await receiver?.stop();
  await server?.stop();
});

/** How many kills each round has: one at least, and all together the number that is wanted. */
function killsOfRounds(): number[] {
  const kills = ROUNDS.map(() => 1);
  for (let left = KILLS - kills.length; left > 0; left--) {
    const round = Math.floor(random() * kills.length);
    kills[round] = (kills[round] ?? 0) + 1;
  }
  return kills;
}

/** How many kills met the batch in each part of its life, for who reads the log. */
function phasesOfKills(finalizingAt: number): string {
  const [startedAt, endedAt] = [ended.started_at, ended.completed_at].map((time) => Date.parse(time ?? ''));
  const phases = killedAt.map((at) =>
    at < Number(startedAt)
      ? 'planning'
      : at < finalizingAt
        ? 'running'
        : at < Number(endedAt)
          ? 'finalizing'
          : 'ended',
  );
  const counts = Map.groupBy(phases, (phase) => phase);
  return Array.from(counts, ([phase, { length }]) => `${length} kills ${phase}`).join(', ');
}

/** Kills the server at a random moment. */
async function killWithin([from, to]: Round['killAfterMs']): Promise<void> {
  await sleep(from + random() * (to - from));
  killedAt.push(Date.now());
  await server.kill9();
}

/** The batch once it has come to a point. */
async function until(id: string, isReached: (batch: BatchResponse) => boolean): Promise<BatchResponse> {
  for (;;) {
    const batch = await getBatch(account.api, id);
    if (isReached(batch)) return batch;
    await sleep(LOOK_INTERVAL_MS);
  }
}

describe(`a batch whose server was killed ${KILLS} times`, () => {
  it('was alive each time, and went on', () => {
    for (const [round, progress] of progressAtRounds.entries()) {
      const before = progressAtRounds[round - 1];
      expect(progress.completed).toBeGreaterThanOrEqual(before?.completed ?? 0);
      expect(progress.failed).toBeGreaterThanOrEqual(before?.failed ?? 0);
      if (round < progressAtRounds.length - 1) expect(progress.status).toBe('running');
    }
    expect(killedAt).toHaveLength(KILLS);
  });

  it('has every item exactly once in its results', () => {
    expect(ended).toMatchObject({
      status: 'completed',
      total: ITEMS,
      completed: ITEMS - FAILING.length,
      failed: FAILING.length,
    });
    expect(results.map(({ custom_id }) => custom_id)).toEqual(CUSTOM_IDS);
    const failed = results.filter(({ error }) => error !== null);
    expect(failed.map(({ custom_id }) => custom_id)).toEqual(FAILING);
    for (const { error } of failed) expect(error?.type).toBe('content_policy_violation');
    for (const [index, { body }] of results.entries()) {
      if (!isFailing(index)) expect(body?.choices[0]?.message.content).toContain(`"Item ${index}"`);
    }
  });

  it('costs the sum of its results, and the account is charged exactly that', async () => {
    const nano = results.reduce((sum, { body }) => sum + nanoDollars(body?.cost?.total_cost ?? 0), 0);
    const tokens = results.reduce((sum, { body }) => sum + (body?.usage.total_tokens ?? 0), 0);
    expect(nano).toBeGreaterThan(0);
    expect(nanoDollars(ended.cost?.total_cost ?? Number.NaN)).toBe(nano);
    expect(ended.usage.total_tokens).toBe(tokens);
    const { total } = await account.api.get<UsageResponse>('/api/v1/usage');
    expect(nanoDollars(total.cost?.total_cost ?? Number.NaN)).toBe(nano);
    expect(total.usage).toEqual(ended.usage);
    expect(total.requests).toBe(ITEMS - FAILING.length);
  });

  it('stands in the list as it ended, with one output file and one error file that hold each item once', async () => {
    const list = await account.api.get<ListResponse<BatchResponse>>('/api/v1/batches');
    expect(list.data).toEqual([ended]);
    const { data: files } = await account.api.get<ListResponse<FileResponse>>(
      '/api/v1/files?purpose=batch_output&order=asc',
    );
    const lines = await Promise.all(
      files.map(async ({ id }) => {
        const content = await account.api.send('GET', `/api/v1/files/${id}/content`);
        return parseLines<{ custom_id: string }>(await content.text()).map(({ custom_id }) => custom_id);
      }),
    );
    expect(lines).toEqual([CUSTOM_IDS.filter((_, index) => !isFailing(index)), FAILING]);
  });

  it('sends one webhook, however often it is delivered', () => {
    const ids = new Set(webhooks.map(({ headers }) => headers['webhook-id']));
    expect([...ids]).toEqual([expect.stringMatching(/\S/)]);
    for (const { body } of webhooks) expect(JSON.parse(body.toString('utf8'))).toEqual(ended);
  });

  it('streams every result once, in ids that grow, to a client that always came back', () => {
    expect(live.connections()).toBeGreaterThan(ROUNDS.length);
    const streamed = live.events.filter((event) => event.event === 'result');
    expect(streamed).toHaveLength(ITEMS);
    const byId = new Map(results.map((result) => [result.custom_id, result]));
    for (const { data } of streamed) {
      expect(data).toEqual(byId.get(data.custom_id));
      byId.delete(data.custom_id);
    }
    expect(byId.size).toBe(0);
    for (const [index, { id }] of live.events.entries()) {
      if (index > 0) expect(id).toBeGreaterThan(live.events[index - 1]?.id ?? Number.NaN);
    }
    expect(live.events.at(-1)).toMatchObject({ event: 'done', data: ended });
  });

  it('counts upwards only on its stream', () => {
    let before = 0;
    for (const event of live.events) {
      if (event.event === 'result') continue;
      const { completed, failed } = event.data;
      expect(completed + failed).toBeGreaterThanOrEqual(before);
      before = completed + failed;
    }
    expect(before).toBe(ITEMS);
  });
});
