// The flags of a command that are numbers. A wrong one ends it with a line that names those it takes.
import { parseArgs } from 'node:util';
import { printFailure } from './terminal.ts';

/** The numbers that were given: above 0 but for a `seed`, and whole but for `minutes`. */
export function numericFlags<Name extends string>(names: readonly Name[]): Partial<Record<Name, number>> {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    const { values } = parseArgs({ options });
    const given = Object.entries(values).map(([name, text]) => [name, Number(text)] as const);
    const isRight = given.every(([name, value]) =>
      name === 'minutes'
        ? value > 0 && Number.isFinite(value)
        : Number.isSafeInteger(value) && value >= (name === 'seed' ? 0 : 1),
    );
    if (isRight) return Object.fromEntries(given) as Partial<Record<Name, number>>;
  } catch {
    // A flag that is unknown, or lacks its value.
  }
  printFailure(`takes ${names.map((name) => `--${name} N`).join(' and ')}, with numbers`);
  process.exit(1);
}
