// The playground's settings: model, system message, parameters, tools, schema.
import type { ModelResponse } from '../../contract/models';
import { Field } from '../components/field';
import { JsonField } from '../components/json-field';
import { ModelSelect } from '../components/model-select';
import { formatCompact, formatMoney } from '../format';
import { messages } from '../preferences';
import type { Settings } from './conversation';

interface SettingsFormProps {
  settings: Settings;
  models: readonly ModelResponse[];
  onChange: (settings: Settings) => void;
}

export function SettingsForm({ settings, models, onChange }: SettingsFormProps) {
  const { playground: m } = messages.value;
  const set = (change: Partial<Settings>) => onChange({ ...settings, ...change });
  const model = models.find(({ id }) => id === settings.model);
  return (
    <section class="card stack" aria-label={m.settings}>
      <Field label={m.model} {...(model && { hint: modelFacts(model) })}>
        <ModelSelect models={models} value={settings.model} onChange={(id) => set({ model: id })} />
      </Field>
      <Field label={m.system}>
        <textarea
          rows={2}
          value={settings.system}
          placeholder={m.optional}
          onInput={(event) => set({ system: event.currentTarget.value })}
        />
      </Field>
      <div class="pair">
        <Field label={m.temperature}>
          <input
            type="number"
            min={0}
            max={2}
            step="any"
            value={settings.temperature}
            placeholder="1"
            onInput={(event) => set({ temperature: event.currentTarget.value })}
          />
        </Field>
        <Field label={m.maxTokens}>
          <input
            type="number"
            min={1}
            step={1}
            value={settings.maxTokens}
            placeholder={m.optional}
            onInput={(event) => set({ maxTokens: event.currentTarget.value })}
          />
        </Field>
      </div>
      <details open={settings.tools !== ''}>
        <summary>{m.tools}</summary>
        <JsonField
          label={m.toolsLabel}
          value={settings.tools}
          placeholder={TOOLS_EXAMPLE}
          check={toolsProblem}
          onInput={(tools) => set({ tools })}
        />
        <button type="button" class="link small" onClick={() => set({ tools: TOOLS_EXAMPLE })}>
          {m.insertExample}
        </button>
      </details>
      <details open={settings.schema !== ''}>
        <summary>{m.schema}</summary>
        <JsonField
          label={m.schemaLabel}
          value={settings.schema}
          placeholder={SCHEMA_EXAMPLE}
          check={schemaProblem}
          onInput={(schema) => set({ schema })}
        />
        <button type="button" class="link small" onClick={() => set({ schema: SCHEMA_EXAMPLE })}>
          {m.insertExample}
        </button>
      </details>
    </section>
  );
}

function modelFacts({ context_window, pricing }: ModelResponse): string {
  const { playground: m } = messages.value;
  const window = m.contextWindow(formatCompact(context_window));
  if (pricing === null) return window;
  return `${window} · ${m.prices(formatMoney(pricing.prompt), formatMoney(pricing.completion))}`;
}

/** What the API would refuse for its shape alone; everything else is the API's to say. */
export function toolsProblem(value: unknown): string | null {
  const { playground: m } = messages.value;
  if (!Array.isArray(value)) return m.toolsNotArray;
  const index = value.findIndex((tool) => typeof tool?.function?.name !== 'string');
  return index === -1 ? null : m.toolWithoutName(index);
}

export function schemaProblem(value: unknown): string | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? null : messages.value.playground.schemaNotObject;
}

const TOOLS_EXAMPLE = JSON.stringify(
  [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'The weather in a city',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string' } },
          required: ['city'],
        },
      },
    },
  ],
  null,
  2,
);

const SCHEMA_EXAMPLE = JSON.stringify(
  {
    type: 'object',
    properties: {
      sentiment: { enum: ['good', 'mixed', 'bad'] },
      summary: { type: 'string' },
    },
    required: ['sentiment', 'summary'],
    additionalProperties: false,
  },
  null,
  2,
);
