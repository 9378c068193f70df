// The audit of those who followed batches: over all connections together, each was told everything once, and the end.
import { isDeepStrictEqual } from 'node:util';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import { type BatchEvent, watchBatch } from '../e2e/batch-client.ts';
import type { BatchWatch } from './batch-watch.ts';
import { readResults } from './batch-workload.ts';
import type { Findings } from './findings.ts';
import type { BatchRecord, Tenant } from './tenant.ts';

type Progress = (BatchEvent & { event: 'status' })['data'];

/** A status is never followed by one further left. */
const STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'];
const FINAL_FROM = STATUSES.indexOf('completed');

export async function auditWatches(tenant: Tenant, findings: Findings): Promise<void> {
  for (const record of tenant.batchRecords) {
    const { watch, id, isDeleted } = record;
    if (watch === null) continue;
    auditWatch(record, watch, `${tenant.name} ${id}`, findings);
    if (watch.isOver && watch.includesResults && !isDeleted) await auditReplay(tenant, id, watch, findings);
  }
}

function auditWatch(
  { seen }: BatchRecord,
  { events, refusals, isOver, includesResults, connections }: BatchWatch,
  id: string,
  findings: Findings,
): void {
  const what = `${id}, told ${events.length} events by ${connections} connections`;
  const wrongly = refusals.filter((status) => status !== 429 && !(Number(status) >= 500));
  findings.same('streams that were not refused', wrongly.map(String), [], what);
  findings.checked('streams that were not refused', connections);
  findings.holds('streams told to their end', isOver, 'lost', () => what);
  auditIds(events, what, findings);
  const results = auditProgress(events, includesResults, what, findings);
  if (seen === null || !isOver) return;
  const end = events.at(-1);
  const isSame = end?.event === 'done' && isDeepStrictEqual(end.data, seen.batch);
  findings.holds('ends told as they are', isSame, 'unaccounted', () => what);
  if (includesResults) auditResults(results, seen, what, findings);
  else findings.holds('no results told unasked', results.size === 0, 'unaccounted', () => what);
}

/** What was told live is what is stored: in the order of commits, and again from any event on, under the same numbers. */
async function auditReplay(
  { client }: Tenant,
  id: string,
  { events }: BatchWatch,
  findings: Findings,
): Promise<void> {
  const told = events.filter(({ event }) => event === 'result');
  const committed = (await readResults(client, id, 'committed')).map(({ custom_id }) => custom_id);
  const order = told.map(({ data }) => ('custom_id' in data ? data.custom_id : ''));
  const inOrder = isDeepStrictEqual(order, committed);
  findings.holds('results told in the order of commits', inOrder, 'unaccounted', () => id);
  const from = events[Math.floor(events.length / 2)]?.id ?? 0;
  const again = watchBatch(`${client.origin}/api/v1/batches/${id}/stream`, {
    includeResults: true,
    lastEventId: from,
    key: client.key,
  });
  await again.done;
  const isSame = isDeepStrictEqual(
    again.events.filter(({ event }) => event === 'result'),
    told.filter((event) => event.id > from),
  );
  findings.holds('results told again from the middle', isSame, 'unaccounted', () => `${id} from ${from}`);
}

/** Every event's number is above that of the event before, whichever connection brought it. */
function auditIds(events: readonly BatchEvent[], what: string, findings: Findings): void {
  findings.checked('events whose ids grow', events.length);
  for (const [index, { id, event }] of events.entries()) {
    const before = events[index - 1]?.id ?? -1;
    if (id > before) continue;
    const fault = id === before ? 'duplicated' : 'unaccounted';
    findings.fault('events whose ids grow', fault, `${what}: ${event} ${id} after ${before}`);
  }
}

/** Also answers the results by `custom_id`, each as it was told last. */
function auditProgress(
  events: readonly BatchEvent[],
  includesResults: boolean,
  what: string,
  findings: Findings,
): Map<string, BatchResult> {
  const results = new Map<string, BatchResult>();
  let before: Progress | null = null;
  for (const event of events) {
    if (event.event === 'result') {
      const { custom_id: id } = event.data;
      findings.holds('results told once', !results.has(id), 'duplicated', () => `${what}: ${id}`);
      results.set(id, event.data);
      continue;
    }
    const { status, completed, failed, total } = event.data;
    const now = { status, completed, failed, total };
    const told = () =>
      `${what}: ${JSON.stringify(now)} as ${event.id} after ${JSON.stringify(before)}, ${results.size} results`;
    findings.holds('progress that never goes back', isForward(before, now), 'unaccounted', told);
    // The status that greets a client before the first result has the number 0: it speaks of results that are still to come.
    const isTold = !includesResults || event.id === 0 || completed + failed === results.size;
    findings.holds('counts told that add up', isTold && completed + failed <= total, 'unaccounted', told);
    before = now;
  }
  return results;
}

function isForward(before: Progress | null, now: Progress): boolean {
  if (before === null) return true;
  const [from, to] = [STATUSES.indexOf(before.status), STATUSES.indexOf(now.status)];
  if (from >= FINAL_FROM ? from !== to : from > to) return false;
  return now.completed >= before.completed && now.failed >= before.failed && now.total >= before.total;
}

/** Items that were never done have no event; those for which there was no money failed, and have one. */
function auditResults(
  told: ReadonlyMap<string, BatchResult>,
  { batch, results }: { batch: BatchResponse; results: BatchResult[] },
  what: string,
  findings: Findings,
): void {
  const finished = results.filter(({ error, status_code: status }) => error === null || status !== null);
  findings.same(
    'results told',
    [...told.keys()],
    finished.map(({ custom_id }) => custom_id),
    what,
  );
  const isCounted = told.size === batch.completed + batch.failed;
  findings.holds('results told as counted', isCounted, 'unaccounted', () => `${what}: ${told.size}`);
  for (const result of finished) {
    const event = told.get(result.custom_id);
    const isSame = event === undefined || isDeepStrictEqual(event, result);
    findings.holds('results told as they are', isSame, 'unaccounted', () => `${what}: ${result.custom_id}`);
  }
}
