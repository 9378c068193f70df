// The audit of batches: every item has one outcome, the right one; counts, costs and files say the same.
import { isDeepStrictEqual } from 'node:util';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import type { ErrorType } from '../../src/contract/errors.ts';
import { nanoDollars } from '../e2e/money.ts';
import { hasEnded, readBatch, readOutputIds } from './batch-workload.ts';
import type { ChaosProvider } from './chaos-provider.ts';
import { costNano, expectedAnswer } from './expected-answers.ts';
import type { Findings } from './findings.ts';
import type { BatchRecord, Item, Tenant } from './tenant.ts';

/** An item of a batch costs half. */
const BATCH_SHARE = 0.5;

/** As often as the product tries an item before its error is its outcome. */
const ITEM_ATTEMPTS = 5;

/** Errors of the provider that may pass: an outcome only once every attempt met one. */
const PASSING: ReadonlySet<string> = new Set<ErrorType>([
  'model_error',
  'model_overloaded',
  'rate_limit_exceeded',
  'timeout',
]);

/** What OpenAI's object adds to a batch. */
interface OutputFiles {
  output_file_id: string | null;
  error_file_id: string | null;
}

/** Also answers the ids of all output files there are. */
export async function auditBatches(
  tenant: Tenant,
  provider: ChaosProvider,
  findings: Findings,
): Promise<string[]> {
  const live = tenant.batchRecords.filter(({ isDeleted }) => !isDeleted);
  const listed: BatchResponse[] = [];
  for (let after = ''; ; ) {
    const page = await tenant.client.get<{ data: BatchResponse[]; has_more: boolean; last_id: string }>(
      `/api/v1/batches?limit=100${after}`,
    );
    listed.push(...page.data);
    if (!page.has_more) break;
    after = `&after=${page.last_id}`;
  }
  const ids = live.map(({ id }) => id);
  findings.same(
    'batches of one request each',
    listed.map(({ id }) => id),
    ids,
    tenant.name,
  );
  const outputFiles: string[] = [];
  for (const record of tenant.batchRecords) {
    const before = record.seen;
    if (!record.isDeleted) {
      // It was told before that this one has not ended.
      if (!(await hasEnded(tenant, record))) continue;
      record.seen = await readBatch(tenant, record);
      const isSame = before === null || isDeepStrictEqual(before, record.seen);
      findings.holds('ended batches that stay as they are', isSame, 'unaccounted', () => record.id);
      const files = await tenant.batches.get<OutputFiles>(`/v1/batches/${record.id}`);
      outputFiles.push(...[files.output_file_id, files.error_file_id].filter((id) => id !== null));
      await auditFiles(tenant, record, record.seen.batch, files, findings);
      const entry = listed.find(({ id }) => id === record.id);
      const isListed =
        entry?.status === record.seen.batch.status && entry.completed === record.seen.batch.completed;
      findings.holds('batches as the list has them', isListed, 'unaccounted', () => record.id);
    }
    if (record.seen !== null) auditBatch(tenant, record, record.seen, provider, findings);
  }
  return outputFiles;
}

function auditBatch(
  tenant: Tenant,
  record: BatchRecord,
  { batch, results }: { batch: BatchResponse; results: BatchResult[] },
  provider: ChaosProvider,
  findings: Findings,
): void {
  const what = `${tenant.name} ${batch.id} (${record.form}, ${batch.status})`;
  const byId = new Map(plannedItems(record, batch).map((item) => [item.customId, item]));
  findings.same(
    'items with one outcome',
    results.map(({ custom_id }) => custom_id),
    [...byId.keys()],
    what,
  );
  for (const result of results) {
    const item = byId.get(result.custom_id);
    if (item === undefined) continue;
    const fault = faultOf(tenant, record, batch, item, result, provider);
    findings.holds(
      'outcomes as they must be',
      fault === null,
      'unaccounted',
      () => `${what} ${item.customId}: ${fault}`,
    );
  }
  const completed = results.filter(({ error }) => error === null).length;
  const failed = results.filter(({ status_code: status, error }) => error !== null && status !== null).length;
  const isCounted = batch.total === byId.size && batch.completed === completed && batch.failed === failed;
  findings.holds('batches whose counts are their results', isCounted, 'unaccounted', () => what);
  const cost = results.reduce((sum, { body }) => sum + nanoDollars(body?.cost?.total_cost ?? 0), 0);
  const tokens = results.reduce((sum, { body }) => sum + (body?.usage.total_tokens ?? 0), 0);
  const isSum = nanoDollars(batch.cost?.total_cost ?? 0) === cost && batch.usage.total_tokens === tokens;
  findings.holds('batches that cost the sum of their items', isSum, 'unaccounted', () => what);
  if (record.maxCost === null) return;
  findings.holds('batches within max_cost', cost <= nanoDollars(record.maxCost), 'unaccounted', () => what);
}

/** All its items, but for a batch that was ended while its file was still being read: that knows of no others. */
function plannedItems({ items }: BatchRecord, { status, total }: BatchResponse): Item[] {
  return status === 'completed' ? items : items.slice(0, total);
}

/** What is wrong with an outcome; null for nothing. */
function faultOf(
  tenant: Tenant,
  record: BatchRecord,
  batch: BatchResponse,
  item: Item,
  { body, error }: BatchResult,
  provider: ChaosProvider,
): string | null {
  const expected = expectedAnswer(item.prompt);
  if (error === null) {
    const choice = body?.choices[0];
    if (expected.isRefused) return 'answered, though the provider refuses it';
    if (body?.model !== item.model) return `answered by ${body?.model}`;
    if (choice?.message.content !== expected.text) return `answered ${choice?.message.content}`;
    const { prompt_tokens, completion_tokens } = body.usage;
    const isWhole = completion_tokens === expected.completionTokens;
    if (prompt_tokens !== expected.promptTokens) return `${prompt_tokens} tokens of prompt`;
    if (choice.finish_reason === 'stop' ? !isWhole : isWhole) return `${completion_tokens} tokens of answer`;
    const cost = costNano(item.model, body.usage, BATCH_SHARE);
    return nanoDollars(body.cost?.total_cost ?? Number.NaN) === cost
      ? null
      : `costs ${body.cost?.total_cost}`;
  }
  switch (error.type) {
    case 'content_policy_violation':
      return expected.isRefused ? null : 'refused, though the provider answers it';
    case 'budget_exceeded':
      return record.maxCost !== null || tenant.budget !== null ? null : 'no money, though there is no limit';
    case 'batch_cancelled':
      return batch.status === 'cancelled' && record.isCancelled ? null : 'cancelled in a batch that is not';
    case 'batch_expired':
      return batch.status === 'failed' ? null : 'expired in a batch that is not';
    default: {
      const failures = provider.failures.get(item.prompt) ?? 0;
      if (PASSING.has(error.type) && failures >= ITEM_ATTEMPTS) return null;
      return `${error.type} after ${failures} failures of the provider: ${error.message}`;
    }
  }
}

/** The two files hold every item once. */
async function auditFiles(
  tenant: Tenant,
  record: BatchRecord,
  batch: BatchResponse,
  files: OutputFiles,
  findings: Findings,
): Promise<void> {
  const ids = await Promise.all([
    readOutputIds(tenant, files.output_file_id),
    readOutputIds(tenant, files.error_file_id),
  ]);
  const expected = plannedItems(record, batch).map(({ customId }) => customId);
  findings.same('items in one output file', ids.flat(), expected, `${tenant.name} ${record.id}`);
}
