// A chaos run's outcome as two tables: what was injected, and what the audit found.
import type { ChaosOutcome } from './chaos-run.ts';

const NAME_WIDTH = 44;
const NUMBER_WIDTH = 12;

export function printOutcome(outcome: ChaosOutcome, tell: (line: string) => void): void {
  const { findings, injected, exposed, streams } = outcome;
  tell('');
  tell(row('injected', 'times'));
  for (const [name, count] of Array.from(injected).sort(([a], [b]) => a.localeCompare(b)))
    tell(row(name, count));
  tell('');
  tell(row('made', 'count'));
  for (const name of ['batches', 'items', 'files', 'chats'] as const) tell(row(name, outcome[name]));
  tell(row('streamed chats to their end', streams.whole));
  tell(row('streamed chats to an error of the provider', streams.error));
  tell(row('streamed chats cut off', streams.cut));
  tell(row('clients that followed a batch', outcome.watches));
  tell(row('their connections', outcome.connections));
  tell(row('calls of the provider', outcome.providerCalls));
  tell(row('attempts of webhooks', outcome.webhooks));
  tell('');
  tell(row('audit', 'checked', 'lost', 'duplicated', 'unaccounted'));
  for (const [name, { checked, lost, duplicated, unaccounted }] of findings.rows) {
    tell(row(name, checked, lost, duplicated, unaccounted));
  }
  tell('');
  tell(
    'Chats whose stream or booking was on its way when everything was killed or the clock jumped (known to be at risk):',
  );
  tell(row('  all', exposed.exposed));
  tell(row('  booked once', exposed.booked));
  tell(row('  never booked', exposed.unbooked));
  tell(row('  run and booked more than once', exposed.bookedTwice));
  if (findings.told.length > 0) tell('');
  for (const line of findings.told) tell(line);
}

function row(name: string, ...cells: (string | number)[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => String(cell).padStart(NUMBER_WIDTH)).join('');
}
