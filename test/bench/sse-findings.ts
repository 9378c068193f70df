// What following a batch comes to, by its stream and by polling: each against its goal, where it has one.
import { type Histogram, percentile } from './histogram.ts';
import { count, type Finding, milliseconds, seconds } from './report.ts';
import type { WatchOrder, WatchResult } from './watch-generator.ts';

export type Way = WatchOrder['way'];

export const CLIENTS = [1_000, 5_000] as const;
export const ITEMS = 2_500;

/** A batch of so few items is told of with all its results at its end: 0.75 MB to each of these. */
export const SMALL_ITEMS = 1_000;
export const SMALL_CLIENTS = 300;

export const POLL_INTERVAL_MS = 2_000;

const KIBIBYTE = 1024;

/** Polling knows after half its interval, on average: a stream that is no sooner is none. */
const DELAY_GOAL = 0.5;
const CPU_GOAL = 1;

export const SSE_NOTES = [
  'Server: the bundle as deployed, on `workerd serve`, Durable Objects in SQLite on disk; a bucket in memory, and a queue that hands each',
  'message to an invocation of its own. Streams are opened by their `stream_url`, as EventSource does, polls with a key. Clients are',
  'sockets in two processes on the same machine, each on a connection of its own, which is kept.',
  `The batch: ${count(ITEMS)} items of a sandbox model that takes 0.3 to 1.7 s for each; too many results to ride along with its end. The clients come`,
  'while it waits for its account to have room for it, and stay to its end. A fresh server for each line, warmed up by smaller batches.',
  'Delay: from the call that hands a commit to the batch, before it is stored, to the first event or answer in the client that shows',
  'it; for every commit and every client. Events come at most ten a second: that wait is in it. End: from `completed_at`.',
  `Polling: a request every ${seconds(POLL_INTERVAL_MS)} by each client, at once where the answer took longer than that.`,
  'CPU: of all threads of the server, by /proc, from the start of the batch until the last client knows of its end, less that of the',
  'same batch without clients. Memory: resident, with the clients there and before they came.',
];

/** A batch, from its start until all clients knew of its end. */
export interface Watched {
  way: Way;
  clients: number;
  commits: number;
  /** By the batch's own times. */
  runMs: number;
  cpuMs: number;
  /** Resident: before the clients came, with all of them there, and at the end. */
  bytesBefore: number;
  bytesWith: number;
  bytesAfter: number;
  results: WatchResult[];
}

export function sseFindings(alone: Watched, watched: readonly Watched[], small: Watched): Finding[] {
  return [
    {
      what: `the batch alone: ${seconds(alone.runMs)}, ${count(alone.commits)} commits`,
      value: alone.cpuMs,
      figure: `CPU ${seconds(alone.cpuMs)}`,
    },
    ...CLIENTS.flatMap((clients) => {
      const of = (way: Way) => watched.find((run) => run.clients === clients && run.way === way);
      const [stream, poll] = [of('stream'), of('poll')];
      return stream === undefined || poll === undefined ? [] : clientsFindings(alone, stream, poll);
    }),
    smallFinding(small),
  ];
}

function clientsFindings(alone: Watched, stream: Watched, poll: Watched): Finding[] {
  const name = (way: string) => `${count(stream.clients)} ${way}`;
  const cpuMs = (run: Watched) => run.cpuMs - alone.cpuMs;
  const perClient = (run: Watched) => (run.bytesWith - run.bytesBefore) / run.clients / KIBIBYTE;
  const wanted = (poll.clients * poll.runMs) / POLL_INTERVAL_MS;
  const answers = sum(poll, 'messages');
  return [
    delayFinding(name('streams'), stream),
    delayFinding(name('polling'), poll),
    ratioFinding(
      `${name('clients')}, delay, stream ÷ polling (p50)`,
      delay(stream, 0.5) / delay(poll, 0.5),
      DELAY_GOAL,
    ),
    {
      what: `${name('streams')}: ${count(sum(stream, 'messages'))} events, ${megabytes(stream)}, a client ${count(perSecond(stream), 1)}/s`,
      value: cpuMs(stream),
      figure: `CPU ${seconds(cpuMs(stream))}, ${milliseconds(cpuMs(stream) / sum(stream, 'messages'))} an event`,
    },
    {
      what: `${name('polling')}: ${count(answers)} of ${count(wanted)} answers wanted, ${megabytes(poll)}`,
      value: cpuMs(poll),
      figure: `CPU ${seconds(cpuMs(poll))}, ${milliseconds(cpuMs(poll) / answers)} an answer`,
    },
    ratioFinding(`${name('clients')}, CPU, stream ÷ polling`, cpuMs(stream) / cpuMs(poll), CPU_GOAL),
    {
      what: `${name('streams')}, memory each (a polling connection: ${count(perClient(poll))} KiB)`,
      value: perClient(stream),
      figure: `${count(perClient(stream))} KiB`,
    },
    {
      what: `${name('streams')}, connections refused or broken`,
      value: sum(stream, 'failures'),
      figure: count(sum(stream, 'failures')),
      goal: { text: '0', isMet: sum(stream, 'failures') === 0 },
    },
    {
      what: `${name('streams')}, told of the end: ${endText(stream)}`,
      value: sum(stream, 'ended'),
      figure: count(sum(stream, 'ended')),
      goal: { text: 'all', isMet: sum(stream, 'ended') === stream.clients },
    },
    {
      what: `${name('polling')}, told of the end: ${endText(poll)}; failed answers: ${count(sum(poll, 'failures'))}`,
      value: sum(poll, 'ended'),
      figure: count(sum(poll, 'ended')),
    },
  ];
}

function smallFinding(run: Watched): Finding {
  const value = percentile(endDelays(run), 0.99);
  return {
    what: `${count(run.clients)} streams of ${count(SMALL_ITEMS)} items, ${megabytes(run)}: told of the end with all results`,
    value,
    figure: `${endText(run)}`,
    goal: { text: 'all', isMet: sum(run, 'ended') === run.clients },
  };
}

function delayFinding(who: string, run: Watched): Finding {
  const [middle, late] = [delay(run, 0.5), delay(run, 0.99)];
  return {
    what: `${who}, commit to client`,
    value: middle,
    figure: `p50 ${count(middle)} ms, p99 ${count(late)} ms`,
  };
}

function delay({ results }: Watched, share: number): number {
  return percentile(
    results.map(({ delays }) => delays),
    share,
  );
}

function endDelays({ results }: Watched): Histogram[] {
  return results.map((result) => result.endDelays);
}

function endText(run: Watched): string {
  const at = (share: number) => count(percentile(endDelays(run), share));
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

function ratioFinding(what: string, value: number, goal: number): Finding {
  return { what, value, figure: `${count(value, 2)} ×`, goal: { text: `≤ ${goal} ×`, isMet: value <= goal } };
}

function perSecond(run: Watched): number {
  return (sum(run, 'messages') / run.clients / run.runMs) * 1000;
}

function megabytes(run: Watched): string {
  return `${count(sum(run, 'bytes') / 1e6, 1)} MB`;
}

function sum({ results }: Watched, of: 'messages' | 'bytes' | 'failures' | 'ended'): number {
  return results.reduce((total, result) => total + result[of], 0);
}
