// A field for JSON, checked as it is typed.
import { useState } from 'preact/hooks';
import { messages } from '../preferences';
import { Field } from './field';

interface JsonFieldProps {
  label: string;
  value: string;
  placeholder: string;
  /** What the JSON must be beyond its syntax: a sentence that says what is wrong, or null. */
  check: (value: unknown) => string | null;
  onInput: (text: string) => void;
  hint?: string;
}

export function JsonField({ label, value, placeholder, check, onInput, hint }: JsonFieldProps) {
  const [touched, setTouched] = useState(false);
  const problem = jsonProblem(value, check);
  return (
    <Field label={label} {...(hint !== undefined && { hint })} problem={touched ? problem : null}>
      <textarea
        class="code"
        rows={6}
        spellcheck={false}
        value={value}
        placeholder={placeholder}
        aria-invalid={problem !== null && touched ? 'true' : undefined}
        onInput={(event) => {
          setTouched(true);
          onInput(event.currentTarget.value);
        }}
      />
    </Field>
  );
}

/** What is wrong with a JSON text, or null; an empty one is nothing, which is fine. */
export function jsonProblem(text: string, check: (value: unknown) => string | null): string | null {
  if (text.trim() === '') return null;
  try {
    return check(JSON.parse(text));
  } catch (error) {
    return messages.value.errors.notJson(error instanceof Error ? error.message : String(error));
  }
}
