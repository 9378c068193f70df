// What the run under load decides by itself: where the edge is, whether memory grows, what of the server's log is a finding.
import { describe, expect, it } from 'vitest';
import { busiestMinute } from './busiest-minute.ts';
import { edgeOf, FIRST_WORKERS, nextWorkers, type Step } from './edge.ts';
import { Findings, same } from './findings.ts';
import { memoryTrend } from './memory-trend.ts';
import { ServerLog } from './server-log.ts';
import { quantile, Tally } from './tally.ts';

/** The steps to the edge of a server that does so much with so many workers. */
function search(capacity: (workers: number) => number, refusesFrom = Number.POSITIVE_INFINITY): Step[] {
  const steps: Step[] = [];
  for (let workers = nextWorkers(steps); workers !== null; workers = nextWorkers(steps)) {
    steps.push({ workers, perSecond: capacity(workers), isRefused: workers >= refusesFrom });
  }
  return steps;
}

describe('the edge', () => {
  it('is where more workers get no more done', () => {
    const steps = search((workers) => Math.min(workers * 10, 500));
    expect(steps[0]?.workers).toBe(FIRST_WORKERS);
    expect(edgeOf(steps)).toMatchObject({ workers: 54, perSecond: 500 });
    // Two more steps showed that there was nothing to gain.
    expect(steps.at(-1)?.workers).toBe(122);
  });

  it('is not taken for one poor step', () => {
    const steps = search((workers) => (workers === 24 ? 10 : Math.min(workers * 10, 500)));
    expect(edgeOf(steps).workers).toBe(54);
  });

  it('is where requests are refused', () => {
    expect(search((workers) => workers, 36).at(-1)).toMatchObject({ workers: 36, isRefused: true });
  });

  it('is looked for no further than a client can go', () => {
    expect(search((workers) => workers).at(-1)?.workers).toBeLessThanOrEqual(400);
  });
});

describe('memory', () => {
  const run = (byShare: (share: number) => number) =>
    Array.from({ length: 600 }, (_, index) => byShare(index / 600));

  it('that grew while the server warmed up, and then no more, is flat', () => {
    expect(memoryTrend(run((share) => Math.min(share, 0.3) * 1000))).toMatchObject({
      isFlat: true,
      growth: 0,
    });
  });

  it('that goes up and down is flat', () => {
    expect(memoryTrend(run((share) => 300 + 100 * Math.sin(share * 200)))?.isFlat).toBe(true);
  });

  it('that goes on growing is not', () => {
    const trend = memoryTrend(run((share) => 100 + share * 200));
    expect(trend?.isFlat).toBe(false);
    expect(trend?.points).toHaveLength(10);
    expect(trend?.points[0]).toBeLessThan(trend?.points[9] ?? 0);
  });

  it('of which too little was seen is not judged', () => {
    expect(memoryTrend([1, 2, 3])).toBeNull();
  });
});

describe('the log of the server', () => {
  const line = (entry: object) => `${JSON.stringify(entry)}\n`;

  it('tells which requests have ended, and what they cost, however it is cut', () => {
    const log = new ServerLog(new Findings());
    const told: (number | null)[] = [];
    log.expect('a', (cost) => told.push(cost));
    log.expect('b');
    const text = line({ event: 'request', request_id: 'a', route: '/v1/chat/completions', cost_usd: 0.5 });
    log.read(text.slice(0, 20));
    expect(log.open).toEqual(['a', 'b']);
    log.read(text.slice(20));
    expect([log.open, told]).toEqual([['b'], [0.5]]);
  });

  it('counts streams of batches, whose ids are the server’s', () => {
    const log = new ServerLog(new Findings());
    log.read(line({ event: 'request', request_id: 'req_1', route: '/api/v1/batches/:id/stream' }));
    expect(log.watchesEnded).toBe(1);
  });

  it('has findings: errors, events that should not be, half lines', () => {
    const findings = new Findings();
    const log = new ServerLog(findings);
    log.read('[wrangler:info] GET /errors 200 OK (3ms)\n{"event":"batch.ended"}\n');
    expect(findings.list()).toEqual([]);
    log.read(
      '✘ [ERROR] Uncaught TypeError\n\u001b[31m✘ [ERROR]\u001b[0m {"event":"settlement.failed"}\n{"event":"request","req\n',
    );
    expect(findings.list().map(({ kind }) => kind)).toEqual([
      'server printed an error',
      'server logged settlement.failed',
      'server wrote half a line',
    ]);
  });
});

it('a minute counts the requests that lie within it whole', () => {
  const spread = Array.from({ length: 10 }, (_, n) => ({ sentAt: n * 10_000, answeredAt: n * 10_000 + 500 }));
  expect(busiestMinute(spread)).toBe(6);
  // It may have been counted before or after.
  expect(busiestMinute([...spread, { sentAt: 0, answeredAt: 100_000 }])).toBe(6);
  expect(busiestMinute([...spread, { sentAt: 55_000, answeredAt: 56_000 }])).toBe(7);
  expect(busiestMinute([])).toBe(0);
});

it('findings are counted by kind, with the first example', () => {
  const findings = new Findings();
  for (const id of ['req_1', 'req_2']) {
    try {
      same('another answer', 1, 2, id);
    } catch (error) {
      findings.note('chat', error);
    }
  }
  expect(findings.list()).toEqual([
    { kind: 'another answer', count: 2, example: 'req_1: 1 where 2 was expected' },
  ]);
});

it('requests are counted by kind and status, with the times that half and nearly all of them took', () => {
  const tally = new Tally();
  for (let ms = 1; ms <= 100; ms++) tally.add('chat', ms === 100 ? 503 : 200, ms, ms === 100);
  expect([tally.total, tally.refused]).toEqual([100, 1]);
  const statuses = [
    [200, 99],
    [503, 1],
  ];
  expect(tally.rows()).toEqual([{ kind: 'chat', count: 100, p50Ms: 50, p99Ms: 99, statuses }]);
  expect(quantile([], 0.5)).toBeNaN();
});
