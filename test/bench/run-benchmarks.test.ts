// Several benchmarks in one command.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Report } from './report.ts';
import { goalRows, runBenchmarks } from './run-benchmarks.ts';

let printed = '';

beforeEach(() => {
  printed = '';
  const keep = (text = '') => {
    printed += `${text}\n`;
  };
  vi.spyOn(console, 'log').mockImplementation(keep);
  vi.spyOn(console, 'error').mockImplementation(keep);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const report = (title: string, isMet: boolean): Report => ({
  title,
  findings: [
    { what: 'speed', value: 3, figure: '3 ×', goal: { text: '≥ 2 ×', isMet } },
    { what: 'weight', value: 5, figure: '5 kg' },
  ],
  notes: ['Weighed.'],
  details: null,
});

const broken = () => Promise.reject(new Error('the scales are broken'));

it('goes on after one that could not measure, and says so', async () => {
  const outcomes = await runBenchmarks(
    { first: broken, second: async () => report('The second', true) },
    { json: false },
  );
  expect(outcomes).toMatchObject([{ name: 'first', error: 'the scales are broken' }, { name: 'second' }]);
  expect(printed).toContain('first: the scales are broken');
  expect(printed).toContain('The second');
});

it('sums up the findings with a goal, and what could not be measured', async () => {
  const outcomes = await runBenchmarks(
    {
      first: broken,
      second: async () => report('The second', true),
      third: async () => report('The third', false),
    },
    { json: false },
  );
  expect(goalRows(outcomes)).toEqual([
    ['first', 'could not be measured', '', '', 'NO'],
    ['second', 'speed', '3 ×', '≥ 2 ×', 'yes'],
    ['third', 'speed', '3 ×', '≥ 2 ×', 'NO'],
  ]);
  expect(printed).toContain('Goals');
});

it('prints several as one array of JSON and one as an object, and no table', async () => {
  await runBenchmarks({ first: broken, second: async () => report('The second', true) }, { json: true });
  expect(JSON.parse(printed.slice(printed.indexOf('[')))).toMatchObject([
    { name: 'first', error: 'the scales are broken' },
    { name: 'second', title: 'The second', findings: [{ value: 3 }, { value: 5 }] },
  ]);
  printed = '';
  await runBenchmarks({ second: async () => report('The second', true) }, { json: true });
  expect(JSON.parse(printed)).toMatchObject({ name: 'second', machine: { cores: expect.any(Number) } });
});
