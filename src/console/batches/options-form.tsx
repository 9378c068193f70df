// What a batch may say beside its inputs; all of it can be left as it is.
import { Field } from '../components/field';
import { messages } from '../preferences';
import type { DraftOptions } from './batch-draft';

interface OptionsFormProps {
  options: DraftOptions;
  onChange: (options: DraftOptions) => void;
}

const WINDOWS = ['1h', '6h', '24h', '72h', '168h'];

export function OptionsForm({ options, onChange }: OptionsFormProps) {
  const { newBatch: m } = messages.value;
  const input = (member: keyof DraftOptions, attributes: Record<string, unknown> = {}) => (
    <input
      value={options[member]}
      onInput={(event) => onChange({ ...options, [member]: event.currentTarget.value })}
      {...attributes}
    />
  );
  return (
    <section class="card stack">
      <div class="grid-2">
        <Field label={m.name}>{input('name', { maxLength: 200 })}</Field>
        <Field label={m.window}>
          <select
            value={options.completionWindow || '24h'}
            onChange={(event) => onChange({ ...options, completionWindow: event.currentTarget.value })}
          >
            {WINDOWS.map((window) => (
              <option key={window} value={window}>
                {window}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <details>
        <summary>{m.moreOptions}</summary>
        <div class="stack">
          <Field label={m.maxCost} hint={m.maxCostHint}>
            {input('maxCost', { type: 'number', min: 0, step: 'any', inputMode: 'decimal' })}
          </Field>
          <Field label={m.webhookUrl} hint={m.webhookHint}>
            {input('webhookUrl', { type: 'url', placeholder: 'https://' })}
          </Field>
          <Field label={m.webhookSecret}>
            {input('webhookSecret', { type: 'password', autoComplete: 'off', placeholder: 'whsec_…' })}
          </Field>
        </div>
      </details>
    </section>
  );
}
