// What all accounts hold and used, as metrics. It is asked for rarely and answered from what is stored: one call to the
// registry and one to each account. Known gap: accounts beyond the bound are only counted.
import pMap from 'p-map';
import type { AccountStatus, UsageSum } from '../contract/accounts';
import type { BatchStatus } from '../contract/batches';
import type { MetricFamily } from '../platform/prometheus';

/** With the registry below the 1,000 calls that an invocation may make on Cloudflare's free plan. */
const ACCOUNTS_LIMIT = 900;

/** Enough to wait for little, and few enough answers to hold at a time. */
const CONCURRENCY = 20;

/** One account's share. */
export interface AccountMetrics {
  status: AccountStatus;
  /** All it ever used, by model. */
  usage: (UsageSum & { model: string })[];
  /** Those on its list: removed ones are in none of these. */
  batches: Partial<Record<BatchStatus, number>>;
  files: { count: number; bytes: number };
}

type Sample = MetricFamily['samples'][number];

/** Every metric of the deployment: of the oldest accounts where there are too many, so that series do not come and go. */
export async function collectMetrics(env: Env, limit: number = ACCOUNTS_LIMIT): Promise<MetricFamily[]> {
  const registry = env.REGISTRY.getByName('registry');
  const [page, total] = await Promise.all([registry.list({ limit, order: 'asc' }), registry.count()]);
  const ids = page?.data.map(({ id }) => id) ?? [];
  const accounts = await pMap(
    ids,
    async (id) => ({ id, metrics: await env.ACCOUNTS.getByName(id).metrics() }),
    { concurrency: CONCURRENCY },
  );
  // An entry in the registry whose account was never made.
  const made = accounts.flatMap(({ id, metrics }) => (metrics === null ? [] : [{ id, ...metrics }]));
  return metricFamilies(made, total - ids.length);
}

/** The samples of accounts, and of those that were left out. */
function metricFamilies(
  accounts: readonly (AccountMetrics & { id: string })[],
  leftOut: number,
): MetricFamily[] {
  const each = (samplesOf: (account: AccountMetrics) => Sample[]) =>
    accounts.flatMap((account) =>
      samplesOf(account).map(({ labels, value }) => ({ labels: { account: account.id, ...labels }, value })),
    );
  const countOf = (status: AccountStatus) => accounts.filter((account) => account.status === status).length;
  return [
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
        usage.flatMap(({ model, usage: { prompt_tokens, completion_tokens } }) => [
          { labels: { model, kind: 'prompt' }, value: prompt_tokens },
          { labels: { model, kind: 'completion' }, value: completion_tokens },
        ]),
      ),
    ),
    counter(
      'quire_cost_usd_total',
      'Cost of these completions in USD; models without a price have none.',
      each(({ usage }) =>
        usage.flatMap(({ model, cost }) =>
          cost === null ? [] : [{ labels: { model }, value: cost.total_cost }],
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
