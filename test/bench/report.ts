// What a benchmark found, as one table for people or as JSON for programs.
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { type Column, printTable, printTitle, styled } from '../demo/terminal.ts';

/** One line of the table. */
export interface Finding {
  what: string;
  value: number;
  /** The value and its unit, for people. */
  figure: string;
  goal?: { text: string; isMet: boolean };
}

export interface Report {
  title: string;
  findings: Finding[];
  /** How it was measured, a sentence each. */
  notes: string[];
  /** Everything behind the findings, for the JSON alone. */
  details: unknown;
}

export interface Machine {
  date: string;
  cores: number;
  processor: string;
  memoryGibibytes: number;
  node: string;
  /** Processes that wanted a core, on average over the minute before. */
  load: number;
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGibibytes: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

const COLUMNS: Column[] = [
  { title: 'what', align: 'left' },
  { title: 'figure', align: 'right' },
  { title: 'goal', align: 'right' },
  { title: 'ok?', align: 'left' },
];

export function printReport({ title, findings, notes }: Report, machine: Machine): void {
  const { date, cores, processor, memoryGibibytes, node, load } = machine;
  printTitle(title);
  console.log(
    styled(
      'dim',
      `  ${date}, ${cores} cores (${processor}), ${memoryGibibytes} GiB, Node ${node}, load before: ${load}`,
    ),
  );
  console.log();
  printTable(
    COLUMNS,
    findings.map(({ what, figure, goal }) => [
      what,
      figure,
      goal?.text ?? '',
      goal === undefined ? '' : okText(goal),
    ]),
  );
  console.log();
  for (const note of notes) console.log(`  ${styled('dim', note)}`);
}

export function okText({ isMet }: { isMet: boolean }): string {
  return isMet ? 'yes' : 'NO';
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** `12,345`, with so many decimals. */
export function count(value: number, decimals = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** `12.3 s` of milliseconds. */
export function seconds(milliseconds: number): string {
  return `${count(milliseconds / 1000, 1)} s`;
}

/** `12 ms`; of few, with two decimals. */
export function milliseconds(value: number): string {
  return `${count(value, value < 10 ? 2 : 0)} ms`;
}

export function mebibytes(bytes: number): string {
  return `${count(bytes / 1024 ** 2)} MiB`;
}
