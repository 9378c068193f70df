// Reads Prometheus' text format as strictly as its page describes it; anything else is thrown.

export interface ParsedMetric {
  type: string;
  help: string;
  samples: { labels: Record<string, string>; value: number }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const HELP = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\[\\\\n])*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`);
const VALUE = /^[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf|NaN)$/;

/** The metrics by their name. */
export function parsePrometheus(text: string): Map<string, ParsedMetric> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end');
  const metrics = new Map<string, ParsedMetric>();
  let open: { name: string; help: string; type: string | null } | null = null;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, helpName, help] = HELP.exec(line) ?? [];
    const [, typeName, type] = TYPE.exec(line) ?? [];
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (helpName !== undefined && help !== undefined) {
      if (metrics.has(helpName)) throw new Error(`${helpName} comes twice`);
      open = { name: helpName, help, type: null };
    } else if (typeName !== undefined && type !== undefined) {
      if (open?.name !== typeName || open.type !== null) throw new Error(`a type out of place: ${line}`);
      open.type = type;
      metrics.set(typeName, { type, help: open.help, samples: [] });
    } else if (name !== undefined && value !== undefined && VALUE.test(value)) {
      const metric = metrics.get(name);
      if (metric === undefined || open?.name !== name) throw new Error(`a sample out of place: ${line}`);
      if (metric.type === 'counter' && !name.endsWith('_total'))
        throw new Error(`${name} counts without _total`);
      const sample = { labels: parseLabels(labels), value: Number(value) };
      const isKnown = metric.samples.some(
        (other) => JSON.stringify(other.labels) === JSON.stringify(sample.labels),
      );
      if (isKnown) throw new Error(`a sample comes twice: ${line}`);
      metric.samples.push(sample);
    } else {
      throw new Error(`not a line of the format: ${line}`);
    }
  }
  return metrics;
}

function parseLabels(text: string): Record<string, string> {
  const pairs = Array.from(text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/g));
  return Object.fromEntries(
    pairs.map(([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter)),
    ]),
  );
}
