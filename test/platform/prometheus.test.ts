// Prometheus' text format, and the strict reader that other tests rely on.
import { describe, expect, it } from 'vitest';
import { prometheusText } from '../../src/platform/prometheus';
import { parsePrometheus } from './prometheus-parser';

describe('the text', () => {
  it('is read back as it was, whatever the labels hold', () => {
    const samples = [
      { labels: {}, value: 0 },
      { labels: { model: 'a "quoted" \\ back\\nslash\nand line', kind: '한국어' }, value: 1.5e-9 },
      { labels: { model: '{},="' }, value: 9_007_199_254_740_991 },
    ];
    const text = prometheusText([
      { name: 'a_total', help: 'Back\\slash\nand line.', type: 'counter', samples },
      { name: 'b', help: '', type: 'gauge', samples: [] },
    ]);
    const metrics = parsePrometheus(text);
    expect(metrics.get('a_total')).toEqual({ type: 'counter', help: 'Back\\\\slash\\nand line.', samples });
    expect(metrics.get('b')).toEqual({ type: 'gauge', help: '', samples: [] });
  });

  it('of nothing is empty', () => {
    expect(prometheusText([])).toBe('');
  });
});

describe('the strict reader', () => {
  const head = '# HELP a x\n# TYPE a gauge\n';
  it.each([
    ['a sample without a type', 'a 1\n'],
    ['no end of the last line', `${head}a 1`],
    ['no value', `${head}a\n`],
    ['a value that is none', `${head}a null\n`],
    ['a name that is none', '# HELP 1a x\n# TYPE 1a gauge\n1a 1\n'],
    ['an open quote', `${head}a{b="c} 1\n`],
    ['an unknown escape', `${head}a{b="\\t"} 1\n`],
    ['a comma at the end', `${head}a{b="c",} 1\n`],
    ['a sample twice', `${head}a{b="c"} 1\na{b="c"} 2\n`],
    ['a metric twice', `${head}a 1\n${head}a 1\n`],
    ['a counter without _total', '# HELP a x\n# TYPE a counter\na 1\n'],
    ['an empty line', `${head}\na 1\n`],
  ])('refuses %s', (_name, text) => {
    expect(() => parsePrometheus(text)).toThrow();
  });
});
