// One of a few: as filters above a list, and as the tabs of a page.
import type { ComponentChildren } from 'preact';

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; text: ComponentChildren }[];
  onChange: (value: T) => void;
}

/** Buttons of which one is pressed. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <fieldset class="choice" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </fieldset>
  );
}

/** Tabs over one panel; arrow keys move between them. */
export function Tabs<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = options.findIndex((option) => option.value === value);
    const next = options[(at + step + options.length) % options.length];
    if (next === undefined) return;
    onChange(next.value);
    document.getElementById(tabId(next.value))?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} tabIndex={-1} onKeyDown={move}>
      {options.map((option) => (
        <button
          key={option.value}
          id={tabId(option.value)}
          type="button"
          role="tab"
          aria-selected={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}

export function tabId(value: string): string {
  return `tab-${value}`;
}
