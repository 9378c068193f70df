// Any of a few: a box to tick for each.
import type { ComponentChildren } from 'preact';

interface ChecksProps<T extends string> {
  legend: ComponentChildren;
  hint?: string;
  options: readonly { value: T; text: ComponentChildren }[];
  chosen: readonly T[];
  /** Called with what is chosen now, in the order of the options. */
  onChange: (chosen: T[]) => void;
}

export function Checks<T extends string>({ legend, hint, options, chosen, onChange }: ChecksProps<T>) {
  const toggle = (value: T, checked: boolean) =>
    onChange(
      options
        .map((option) => option.value)
        .filter((other) => (other === value ? checked : chosen.includes(other))),
    );
  return (
    <fieldset class="checks">
      <legend class="field-label">{legend}</legend>
      {options.map(({ value, text }) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={(event) => toggle(value, event.currentTarget.checked)}
          />
          {text}
        </label>
      ))}
      {hint !== undefined && <small>{hint}</small>}
    </fieldset>
  );
}
