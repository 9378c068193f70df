// What to do with the source: the model, and for a table the prompt that its columns are put into.

import { useRef } from 'preact/hooks';
import type { ModelResponse } from '../../contract/models';
import { Field } from '../components/field';
import { ModelSelect } from '../components/model-select';
import { messages } from '../preferences';
import type { Mapping } from './batch-lines';
import type { BatchSource } from './batch-source';

interface MappingFormProps {
  source: BatchSource;
  mapping: Mapping;
  models: readonly ModelResponse[];
  onChange: (mapping: Mapping) => void;
}

export function MappingForm({ source, mapping, models, onChange }: MappingFormProps) {
  const { newBatch: m } = messages.value;
  const prompt = useRef<HTMLTextAreaElement>(null);
  if (source.kind === 'file') return null;
  const model = (
    <Field label={m.model} {...(source.kind === 'requests' && { hint: m.modelOfRequests })}>
      <ModelSelect
        models={models}
        value={mapping.model}
        onChange={(value) => onChange({ ...mapping, model: value })}
      />
    </Field>
  );
  if (source.kind === 'requests') return <section class="card stack">{model}</section>;

  const { columns } = source.table;
  const insert = (column: string) => {
    const start = prompt.current?.selectionStart ?? mapping.prompt.length;
    const end = prompt.current?.selectionEnd ?? start;
    const place = `{{${column}}}`;
    onChange({ ...mapping, prompt: mapping.prompt.slice(0, start) + place + mapping.prompt.slice(end) });
    prompt.current?.focus();
  };
  return (
    <section class="card stack">
      <div class="grid-2">
        {model}
        <Field label={m.idColumn}>
          <select
            value={mapping.idColumn ?? ''}
            onChange={(event) => onChange({ ...mapping, idColumn: event.currentTarget.value || null })}
          >
            <option value="">{m.rowNumber}</option>
            {columns.map((column) => (
              <option key={column} value={column}>
                {column}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Field label={m.system}>
        <textarea
          rows={2}
          value={mapping.system}
          placeholder={m.systemPlaceholder}
          onInput={(event) => onChange({ ...mapping, system: event.currentTarget.value })}
        />
      </Field>
      <Field label={m.prompt}>
        <textarea
          rows={5}
          ref={prompt}
          value={mapping.prompt}
          onInput={(event) => onChange({ ...mapping, prompt: event.currentTarget.value })}
        />
      </Field>
      <fieldset class="chips">
        <legend class="muted">{m.insertColumn}</legend>
        {columns.map((column) => (
          <button key={column} type="button" class="chip" onClick={() => insert(column)}>
            {`{{${column}}}`}
          </button>
        ))}
      </fieldset>
    </section>
  );
}
