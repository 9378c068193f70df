// What all accounts hold and used, as metrics: one call to each account, which answers from sums that it keeps.
// Known gap: accounts beyond the bound are only counted.
import pMap from 'p-map';
import type { AccountStatus } from '../contract/accounts';
import type { BatchStatus } from '../contract/batches';
import type { MetricFamily } from '../platform/prometheus';

/** Below the 1,000 calls that an invocation may make on Cloudflare's free plan. */
export const METRICS_ACCOUNTS_LIMIT = 900;

/** Enough to wait for little, and few enough answers to hold at a time. */
const CONCURRENCY = 20;

/** All that an account ever used of a model. */
export interface ModelTotal {
  model: string;
  requests: number;
  promptTokens: number;
  completionTokens: number;
  /** Null where no request had a price. */
  costUsd: number | null;
}

/** One account's share. */
export interface AccountMetrics {
  status: AccountStatus;
  usage: ModelTotal[];
  /** Those on its list: removed ones are in none of these. */
  batches: Partial<Record<BatchStatus, number>>;
  files: { count: number; bytes: number };
}

type Sample = MetricFamily['samples'][number];

/** Every metric of these accounts, beside which there are others that are `leftOut`. `now` is in milliseconds. */
export async function collectMetrics(
  env: Env,
  { ids, leftOut }: { ids: string[]; leftOut: number },
  now: number,
): Promise<MetricFamily[]> {
  const accounts = await pMap(
    ids,
    async (id) => ({ id, metrics: await env.ACCOUNTS.getByName(id).metrics(now) }),
    { concurrency: CONCURRENCY },
  );
  // An entry in the registry whose account was never made.
  const made = accounts.flatMap(({ id, metrics }) => (metrics === null ? [] : [{ id, ...metrics }]));
  return metricFamilies(made, leftOut, now);
}

/** The samples of accounts, and of those that were left out. */
function metricFamilies(
  accounts: readonly (AccountMetrics & { id: string })[],
  leftOut: number,
  now: number,
): MetricFamily[] {
  const each = (samplesOf: (account: AccountMetrics) => Sample[]) =>
    accounts.flatMap((account) =>
      samplesOf(account).map(({ labels, value }) => ({ labels: { account: account.id, ...labels }, value })),
    );
  const countOf = (status: AccountStatus) => accounts.filter((account) => account.status === status).length;
  return [
    gauge('quire_collected_timestamp_seconds', 'When these values were read, in Unix time.', [
      { labels: {}, value: Math.floor(now / 1000) },
    ]),
    gauge('quire_accounts', 'Accounts by status.', [
      { labels: { status: 'active' }, value: countOf('active') },
      { labels: { status: 'suspended' }, value: countOf('suspended') },
    ]),
    gauge('quire_accounts_left_out', 'Accounts beyond what one scrape reads; they are in no other metric.', [
      { labels: {}, value: leftOut },
    ]),
    counter(
      'quire_requests_total',
      'Completions that were charged, those of ended batches included.',
      each(({ usage }) => usage.map(({ model, requests }) => ({ labels: { model }, value: requests }))),
    ),
    counter(
      'quire_tokens_total',
      'Tokens of these completions.',
      each(({ usage }) =>
        usage.flatMap(({ model, promptTokens, completionTokens }) => [
          { labels: { model, kind: 'prompt' }, value: promptTokens },
          { labels: { model, kind: 'completion' }, value: completionTokens },
        ]),
      ),
    ),
    counter(
      'quire_cost_usd_total',
      'Cost of these completions in USD; models without a price have none.',
      each(({ usage }) =>
        usage.flatMap(({ model, costUsd }) =>
          costUsd === null ? [] : [{ labels: { model }, value: costUsd }],
        ),
      ),
    ),
    gauge(
      'quire_batches',
      'Batches on the lists of their accounts, by status.',
      each(({ batches }) =>
        Object.entries(batches).map(([status, count]) => ({ labels: { status }, value: count })),
      ),
    ),
    gauge(
      'quire_files',
      'Stored files.',
      each(({ files }) => [{ labels: {}, value: files.count }]),
    ),
    gauge(
      'quire_file_bytes',
      'Bytes of stored files.',
      each(({ files }) => [{ labels: {}, value: files.bytes }]),
    ),
  ];
}

function gauge(name: string, help: string, samples: Sample[]): MetricFamily {
  return { name, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: Sample[]): MetricFamily {
  return { name, help, type: 'counter', samples };
}
