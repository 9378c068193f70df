// What the measurements of webhooks come to: each against its goal, where it has one.
import { type Histogram, percentile } from './histogram.ts';
import { count, type Finding, median } from './report.ts';
import type { Verdict } from './webhook-check.ts';

/** One, and as many as an account may have. */
export const ENDPOINTS = [1, 20] as const;
export const DELIVERIES = 2_000;
export const ROUNDS = 3;

/** Ten a second: none has to wait for another. */
export const PACED_DELIVERIES = 200;
export const PACE_MS = 50;

export const OWN_WEBHOOKS = 100;

/** Many events at once. */
export interface Burst {
  /** From the first event to the last arrival. */
  ms: number;
  /** Of the server's process; not a number where it cannot be seen. */
  cpuMs: number;
  verdict: Verdict;
}

export interface Round {
  endpoints: number;
  deliveries: number;
  quire: Burst;
  bare: Burst;
}

/** Events that do not meet each other. */
export interface Paced {
  endpoints: number;
  /** From event to arrival. */
  delays: Histogram;
  verdict: Verdict;
}

/** A webhook that comes later is no better than polling once a second. */
const DELAY_GOAL_MS = 1_000;

export const WEBHOOK_NOTES = [
  "Quire: the bundle as deployed, on `workerd serve`, Durable Objects in SQLite on disk. Events are published by the account's",
  'webhook object, one after the other, by the call that an ended batch makes: it answers once they are stored. The receiver is',
  'an HTTP server on Node in a process of its own, on the same machine, that answers 204 at once.',
  `Burst: ${count(DELIVERIES)} deliveries, as events to 1 endpoint, or a twentieth of them to 20; from the first event to the last arrival,`,
  'medians of the rounds. Quire makes 2 attempts at a time to an endpoint and 6 in all, so that no receiver is flooded; the bare',
  'Worker keeps to the same. It signs and posts, from the same process, and stores, checks and retries nothing; every',
  "attempt of Quire's is on disk before the next one of its place begins.",
  `One after the other: events ${PACE_MS} ms for each endpoint apart, from the call that publishes one to its arrival. Batches: of one item, 4 at a`,
  "time, from `completed_at` to the arrival of the batch's own webhook.",
  'CPU: of all threads of the server, by /proc, per delivery, publishing included. Every signature is checked afterwards, with the',
  'standardwebhooks library and by the plain header; every event is looked for at every endpoint.',
];

export function webhookFindings(rounds: readonly Round[], paced: readonly Paced[], own: Paced): Finding[] {
  const verdicts = [
    ...rounds.flatMap(({ quire }) => [quire.verdict]),
    ...paced.map(({ verdict }) => verdict),
    own.verdict,
  ];
  return [
    ...ENDPOINTS.flatMap((endpoints) => burstFindings(endpoints, rounds)),
    ...paced.map((run) => delayFinding(`event to arrival, ${endpointsText(run.endpoints)}`, run)),
    delayFinding("end of a batch to its own webhook's arrival", own),
    ...verdictFindings(verdicts),
  ];
}

function burstFindings(endpoints: number, all: readonly Round[]): Finding[] {
  const rounds = all.filter((round) => round.endpoints === endpoints);
  const perSecond = (who: 'quire' | 'bare') =>
    median(rounds.map((round) => (round.deliveries / round[who].ms) * 1000));
  const cpuMs = (who: 'quire' | 'bare') => median(rounds.map((round) => round[who].cpuMs / round.deliveries));
  const ratio = median(rounds.map(({ quire, bare }) => bare.ms / quire.ms));
  const figure = (who: 'quire' | 'bare') => `${count(perSecond(who))}/s, CPU ${count(cpuMs(who), 2)} ms`;
  const what = `deliveries to ${endpointsText(endpoints)}`;
  return [
    { what: `${what}, a bare Worker`, value: perSecond('bare'), figure: figure('bare') },
    { what: `${what}, Quire`, value: perSecond('quire'), figure: figure('quire') },
    {
      what: `${what}, Quire ÷ bare Worker`,
      value: ratio,
      figure: `${count(ratio, 2)} ×`,
    },
  ];
}

function delayFinding(what: string, { delays }: Paced): Finding {
  const [middle, late] = [percentile([delays], 0.5), percentile([delays], 0.99)];
  return {
    what,
    value: middle,
    figure: `p50 ${count(middle)} ms, p99 ${count(late)} ms`,
    goal: { text: `p99 ≤ ${count(DELAY_GOAL_MS)} ms`, isMet: late <= DELAY_GOAL_MS },
  };
}

function verdictFindings(verdicts: readonly Verdict[]): Finding[] {
  const sum = (of: keyof Verdict) => verdicts.reduce((total, verdict) => total + verdict[of], 0);
  return [
    {
      what: 'signatures verified',
      value: sum('verified'),
      figure: `${count(sum('verified'))} of ${count(sum('verified') + sum('wrong'))}`,
      goal: { text: 'all', isMet: sum('wrong') === 0 && sum('verified') > 0 },
    },
    ...(['lost', 'twice'] as const).map((fault) => ({
      what: `deliveries ${fault === 'lost' ? 'lost' : 'made twice'}`,
      value: sum(fault),
      figure: count(sum(fault)),
      goal: { text: '0', isMet: sum(fault) === 0 },
    })),
  ];
}

function endpointsText(endpoints: number): string {
  return endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`;
}
