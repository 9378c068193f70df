// Chooses a model of the catalogue.
import type { ModelResponse } from '../../contract/models';

interface ModelSelectProps {
  models: readonly ModelResponse[];
  value: string;
  onChange: (id: string) => void;
}

export function ModelSelect({ models, value, onChange }: ModelSelectProps) {
  const ids = models.some(({ id }) => id === value)
    ? models.map(({ id }) => id)
    : [value, ...models.map(({ id }) => id)];
  return (
    <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {ids.map((id) => (
        <option key={id} value={id}>
          {id}
        </option>
      ))}
    </select>
  );
}
