// Numbers within a JSON Schema's bounds.
import { numberAt, type SchemaObject } from './schema-keywords';

/** A whole number within the bounds if there is one, else a fraction between them; null for none. */
export function numberExample(flat: SchemaObject, isInteger: boolean, variant: number): number | null {
  const lowest = Math.max(
    numberAt(flat, 'minimum') ?? -Infinity,
    numberAt(flat, 'exclusiveMinimum') ?? -Infinity,
  );
  const highest = Math.min(
    numberAt(flat, 'maximum') ?? Infinity,
    numberAt(flat, 'exclusiveMaximum') ?? Infinity,
  );
  const isWithin = (value: number) =>
    value >= lowest && value <= highest && value !== flat.exclusiveMinimum && value !== flat.exclusiveMaximum;
  const multipleOf = numberAt(flat, 'multipleOf');
  const step =
    multipleOf === null || multipleOf <= 0 ? 1 : isInteger ? wholeMultiple(multipleOf) : multipleOf;

  // Twelve digits: 3 × 0.1 is 0.3, not 0.30000000000000004.
  const at = (count: number) => (step === 1 ? count : Number((count * step).toPrecision(12)));
  const first = Number.isFinite(lowest) ? Math.ceil(lowest / step) : Math.min(1, Math.floor(highest / step));
  const direction = Number.isFinite(lowest) || highest === Infinity ? 1 : -1;
  const tries = [variant, variant + 1, 0, 1].map((count) => at(first + direction * count));
  const whole = tries.find(isWithin);
  if (whole !== undefined) return whole;
  const fraction = lowest + (highest - lowest) / (variant + 2);
  return isInteger || multipleOf !== null || !isWithin(fraction) ? null : fraction;
}

/** The smallest whole number that is a multiple of a fraction like 0.5; NaN for one that has none in reach. */
function wholeMultiple(fraction: number): number {
  for (let count = 1; count <= 1000; count++) {
    const multiple = Number((count * fraction).toPrecision(12));
    if (Number.isInteger(multiple)) return multiple;
  }
  return Number.NaN;
}
