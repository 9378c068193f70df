// What the measurements of a chat call come to: each against its goal, where it has one.
import type { Mode } from './chat-example.ts';
import { SERVER_NAMES, type ServerName } from './chat-servers.ts';
import { count, type Finding, median, milliseconds } from './report.ts';

export const CONNECTIONS = 32;

/** One server under load once, in one mode. */
export interface Sample {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  firstByteP50Ms: number;
  firstByteP99Ms: number;
  /** A call's, of the server's process; not a number where it cannot be seen. */
  cpuMs: number;
  /** A call's, of the load generator. */
  generatorCpuMs: number;
}

export type Round = Record<Mode, Record<ServerName, Sample>>;

const MODE_TITLES: Record<Mode, string> = {
  whole: 'whole',
  streamed: 'streamed at once',
  paced: 'streamed in 1 s',
};

const SERVER_TITLES: Record<ServerName, string> = {
  mock: 'the mock model alone',
  proxy: 'a bare proxy on workerd',
  quire: 'Quire on workerd',
  portkey: "Portkey's gateway on Node",
};

const PORTKEY_GOAL = 3;
const PROXY_GOAL = 0.5;

export const CHAT_NOTES = [
  `Each figure is the median of the rounds, in which the servers take turns; ${CONNECTIONS} connections send one call after the other.`,
  'The mock model answers in bytes made beforehand. A stream is 200 HTTP chunks sent one by one: at once, without a pause',
  'between them, or in 1 s, at the pace of a quick model. First byte: p50, p99. Client, mock model and server share the',
  'machine: the mock alone is the most that the client can send.',
  'CPU: of all threads of the server under load, by /proc, per call. Beside other work it is steadier than calls a second.',
  'Quire: the bundle as deployed on `workerd serve`, Durable Objects in SQLite on disk, every call authenticated, priced and',
  "booked on one account, whose ledger is checked at the end. Portkey's gateway: neither keys nor costs, NODE_ENV=production.",
];

/** Calls a second, as many as each server can. */
export function throughputFindings(mode: 'whole' | 'streamed', rounds: readonly Round[]): Finding[] {
  const of = figuresOf(mode, rounds);
  const ratio = (other: ServerName) => median(rounds.map((round) => gain(round[mode], other)));
  return [
    ...SERVER_NAMES.map((name) => {
      const latency = `p50 ${milliseconds(of(name, 'p50Ms'))}, p99 ${milliseconds(of(name, 'p99Ms'))}`;
      return {
        what: `${MODE_TITLES[mode]}, ${SERVER_TITLES[name]}: ${latency}${mode === 'whole' ? '' : firstByte(of, name)}`,
        value: of(name, 'perSecond'),
        figure: `${count(of(name, 'perSecond'))}/s, CPU ${milliseconds(of(name, 'cpuMs'))}`,
      };
    }),
    ratioFinding(`${MODE_TITLES[mode]}, Quire ÷ Portkey's gateway`, ratio('portkey'), PORTKEY_GOAL),
    ratioFinding(`${MODE_TITLES[mode]}, Quire ÷ bare proxy`, ratio('proxy'), PROXY_GOAL),
  ];
}

/** At a model's pace all servers do the same number of streams: what differs is how soon, and what it takes. */
export function pacedFindings(rounds: readonly Round[]): Finding[] {
  const of = figuresOf('paced', rounds);
  const total = (name: ServerName) =>
    `p50 ${count(of(name, 'p50Ms'))} ms, p99 ${count(of(name, 'p99Ms'))} ms`;
  return SERVER_NAMES.map((name) => ({
    what: `${MODE_TITLES.paced}, ${SERVER_TITLES[name]}: ${total(name)}${firstByte(of, name)}`,
    value: of(name, 'cpuMs'),
    figure: `CPU ${milliseconds(of(name, 'cpuMs'))}`,
  }));
}

type FiguresOf = (name: ServerName, figure: keyof Sample) => number;

function figuresOf(mode: Mode, rounds: readonly Round[]): FiguresOf {
  return (name, figure) => median(rounds.map((round) => round[mode][name][figure]));
}

function firstByte(of: FiguresOf, name: ServerName): string {
  return `; first byte ${milliseconds(of(name, 'firstByteP50Ms'))}, ${milliseconds(of(name, 'firstByteP99Ms'))}`;
}

function gain(samples: Record<ServerName, Sample>, other: ServerName): number {
  return samples.quire.perSecond / samples[other].perSecond;
}

function ratioFinding(what: string, value: number, goal: number): Finding {
  return { what, value, figure: `${count(value, 2)} ×`, goal: { text: `≥ ${goal} ×`, isMet: value >= goal } };
}
