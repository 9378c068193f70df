// A form's field: its label, the control itself, and a hint below.
import type { ComponentChildren } from 'preact';

interface FieldProps {
  label: ComponentChildren;
  hint?: ComponentChildren;
  problem?: string | null;
  children: ComponentChildren;
}

export function Field({ label, hint, problem, children }: FieldProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what the caller puts inside.
    <label class="field">
      <span class="field-label">{label}</span>
      {children}
      {hint !== undefined && <small>{hint}</small>}
      {problem && (
        <small class="problem" role="alert">
          {problem}
        </small>
      )}
    </label>
  );
}
